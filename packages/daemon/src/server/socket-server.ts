import type { Server, Socket } from "node:net";
import { newId, OrchastrationError } from "@orchastration/protocol";
import { createSocketTransport } from "@orchastration/protocol/node";
import { errorResponse, MAX_REQUEST_BYTES, type OnIncident } from "@orchastration/protocol/rpc";
import { type ServedConnection, serveConnection } from "./connection.ts";
import { createConnectionHandlers } from "./connection-handlers.ts";
import { type Agents, createDispatcher, type HandlerMap } from "./dispatcher.ts";
import type { EventSource } from "./subscription.ts";
import { createEventPublisher } from "./subscriptions.ts";

export interface SocketServerOptions {
  readonly handlers: HandlerMap;
  readonly events: EventSource;
  /** Whom the daemon works for: the name of the actor of every request. */
  readonly userName: string;
  /** Absent: nobody has a token. */
  readonly agents?: Agents;
  /** Told of every defect, with the id under which a caller was told of it. */
  readonly onIncident: OnIncident;
  /** Rejects when the other end may not talk to us; nothing of it is read before. Absent: everybody who can connect may. */
  readonly admit?: (socket: Socket) => Promise<void>;
  /** What the daemon cannot do at this moment. */
  readonly trouble?: () => string | null;
  readonly maxConnections?: number;
  /** For tests: an answer that does not match the contract becomes an InternalError. */
  readonly validateResults?: boolean;
}

export interface SocketServer {
  /** Serves every connection the given server accepts. May be called again when the daemon has to listen anew. */
  serve(server: Server): void;
  readonly connectionCount: number;
  /** Tells every client what the trouble is now. */
  tellTrouble(): void;
  /** Accepts nothing more, waits for the answers in flight until the deadline, and ends all connections. */
  close(deadlineMs: number): Promise<void>;
}

const MAX_CONNECTIONS = 10_000;

/** While a reader leaves more than this in our memory, its requests are left in the system's. */
const PAUSE_ABOVE_BYTES = 1_048_576;

const NO_AGENTS: Agents = { find: () => undefined, requireOwn: () => Promise.resolve() };

export function createSocketServer(options: SocketServerOptions): SocketServer {
  const { handlers, events, userName, onIncident, admit, maxConnections = MAX_CONNECTIONS } = options;
  const { validateResults = false, trouble = () => null, agents = NO_AGENTS } = options;
  const connectionHandlers = createConnectionHandlers(userName, () => events.headSeq(), agents.find);
  const dispatch = createDispatcher({
    handlers,
    connectionHandlers,
    requireOwnTask: agents.requireOwn,
    validateResults,
  });
  const publisher = createEventPublisher(events);
  const servers = new Set<Server>();
  const connections = new Map<Socket, ServedConnection>();

  function serveSocket(socket: Socket): void {
    if (socket.destroyed) return;
    const transport = createSocketTransport(socket, {
      inboundLimitBytes: MAX_REQUEST_BYTES,
      pauseAboveBytes: PAUSE_ABOVE_BYTES,
    });
    if (connections.size >= maxConnections) {
      const full = `The daemon serves ${maxConnections} connections already, which is the limit.`;
      transport.send(errorResponse(null, new OrchastrationError("LimitExceeded", full)));
      return transport.close();
    }
    connections.set(socket, serveConnection(transport, { dispatch, publisher, onIncident, trouble }));
    socket.once("close", () => connections.delete(socket));
  }

  function accept(socket: Socket): void {
    if (admit === undefined) return serveSocket(socket);
    socket.on("error", () => {});
    admit(socket).then(
      () => serveSocket(socket),
      () => socket.destroy(),
    );
  }

  return {
    serve(server) {
      servers.add(server);
      server.on("connection", accept);
      // A failed accept (no descriptors left) ends neither the server nor the daemon. A failure to listen is told to whoever asked for it.
      server.on("error", (error) => {
        if (server.listening) onIncident(newId(), error);
      });
    },
    get connectionCount() {
      return connections.size;
    },
    tellTrouble() {
      for (const connection of connections.values()) connection.tellTrouble();
    },
    async close(deadlineMs) {
      for (const server of servers) server.close();
      const finished = Promise.all([...connections.values()].map((connection) => connection.finish()));
      const deadline = setTimeout(() => {
        for (const socket of connections.keys()) socket.destroy();
      }, deadlineMs);
      await finished;
      clearTimeout(deadline);
      publisher.close();
    },
  };
}
