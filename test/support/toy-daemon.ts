import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { OrchastrationError, PROTOCOL_VERSIONS, VERSION, type VersionRange } from "@orchastration/protocol";
import type { MethodName, Params, Result } from "@orchastration/protocol/contract";
import { createSocketTransport, ownIdentity, writeEndpoint } from "@orchastration/protocol/node";
import { createPeer, type IncomingCall, type Peer } from "@orchastration/protocol/rpc";

type Handlers = {
  readonly [M in MethodName]?: (params: Params<M>, call: IncomingCall) => Promise<Result<M>> | Result<M>;
};

export interface ToyOptions {
  readonly stateDir: string;
  readonly handlers?: Handlers;
  readonly protocolVersions?: VersionRange;
  readonly serverVersion?: string;
}

interface ToyEvent {
  readonly seq: number;
  readonly name: string;
  readonly entity: string;
  readonly payload: Record<string, unknown>;
}

/** A daemon that speaks the contract over a real socket, keeps an event log, and does nothing else. */
export interface ToyDaemon extends AsyncDisposable {
  readonly socket: string;
  readonly connectionCount: number;
  /** Every `events.subscribe` that was answered, in order. */
  readonly subscriptions: readonly Params<"events.subscribe">[];
  commit(name: string, entity: string, payload?: Record<string, unknown>): void;
  /** Commits without telling any subscriber, and then tells each that it missed this. */
  commitUnseen(name: string, entity: string): void;
  /** Ends every connection at once, as a process that was killed. */
  dropConnections(): void;
  /** Stops listening and drops the connections; its record stays. */
  die(): Promise<void>;
  /** Listens at the same socket again, with the same log. */
  revive(): Promise<void>;
}

export async function startToyDaemon(options: ToyOptions): Promise<ToyDaemon> {
  const { stateDir, handlers = {}, protocolVersions = PROTOCOL_VERSIONS, serverVersion = VERSION } = options;
  const socket = join(stateDir, "toy.sock");
  const log: ToyEvent[] = [];
  const sockets = new Set<Socket>();
  const subscribers = new Map<string, { readonly peer: Peer; readonly wants: Params<"events.subscribe"> }>();
  const subscriptions: Params<"events.subscribe">[] = [];
  let server: Server;
  let count = 0;

  const fits = (event: ToyEvent, { filter }: Params<"events.subscribe">): boolean =>
    (filter?.entities?.includes(event.entity) ?? true) &&
    (filter?.names?.some((name) => event.name.startsWith(name.replace("*", ""))) ?? true);
  const send = (subscriptionId: string, event: ToyEvent): void => {
    const subscriber = subscribers.get(subscriptionId);
    if (subscriber === undefined || !fits(event, subscriber.wants)) return;
    const actor = { kind: "daemon", name: "toy" };
    subscriber.peer.notify("event", { subscriptionId, at: "2026-11-01T09:00:00.000Z", actor, ...event });
  };
  const append = (name: string, entity: string, payload: Record<string, unknown>): ToyEvent => {
    const event = { seq: log.length + 1, name, entity, payload };
    log.push(event);
    return event;
  };

  function own(peer: Peer): Handlers {
    return {
      initialize: () => ({
        protocolVersion: protocolVersions.max,
        serverInfo: { name: "toy", version: serverVersion, pid: process.pid },
        capabilities: {},
        limits: { inboundMessageBytes: 1, outboundMessageBytes: 1, requestsInFlight: 1, subscriptions: 1 },
        headSeq: log.length,
      }),
      "events.subscribe": (params) => {
        if ((params.since ?? 0) > log.length) throw new OrchastrationError("InvalidSeq", "There is no such event yet.");
        const subscriptionId = `s${++count}`;
        subscriptions.push(params);
        subscribers.set(subscriptionId, { peer, wants: params });
        const missed = params.since === undefined ? [] : log.slice(params.since);
        setImmediate(() => {
          for (const event of missed) send(subscriptionId, event);
        });
        return { subscriptionId, headSeq: log.length };
      },
      "events.unsubscribe": ({ subscriptionId }) => {
        subscribers.delete(subscriptionId);
        return {};
      },
      ...handlers,
    };
  }

  function accept(connection: Socket): void {
    sockets.add(connection);
    connection.on("error", () => {});
    const peer: Peer = createPeer(createSocketTransport(connection), {
      handle: (method, params, call) => {
        const handler = (own(peer) as Record<string, ((params: unknown, call: IncomingCall) => unknown) | undefined>)[
          method
        ];
        if (handler === undefined) throw new OrchastrationError("MethodNotFound", `There is no method ${method}.`);
        return handler(params, call);
      },
    });
    void peer.closed.then(() => {
      sockets.delete(connection);
      for (const [id, subscriber] of subscribers) if (subscriber.peer === peer) subscribers.delete(id);
    });
  }

  async function listen(): Promise<void> {
    server = createServer(accept).listen(socket);
    await once(server, "listening");
  }

  async function die(): Promise<void> {
    server.close();
    for (const connection of sockets) connection.destroy();
    await once(server, "close");
  }

  mkdirSync(stateDir, { recursive: true });
  await listen();
  writeEndpoint(stateDir, {
    kind: "daemon",
    process: ownIdentity(),
    socket,
    version: serverVersion,
    protocolVersions,
    startedAt: new Date().toISOString(),
  });
  return {
    socket,
    subscriptions,
    get connectionCount() {
      return sockets.size;
    },
    commit(name, entity, payload = {}) {
      const event = append(name, entity, payload);
      for (const id of subscribers.keys()) send(id, event);
    },
    commitUnseen(name, entity) {
      const { seq } = append(name, entity, {});
      for (const [subscriptionId, { peer }] of subscribers)
        peer.notify("events.gap", { subscriptionId, from: seq, to: seq });
    },
    dropConnections() {
      for (const connection of sockets) connection.destroy();
    },
    die,
    revive: listen,
    async [Symbol.asyncDispose]() {
      if (server.listening) await die();
    },
  };
}
