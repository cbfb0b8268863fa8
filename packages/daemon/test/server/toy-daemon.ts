import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { methods } from "@orchastration/protocol/contract";
import type { HandlerMap } from "../../src/server/dispatcher.ts";
import { createSocketServer, type SocketServer, type SocketServerOptions } from "../../src/server/socket-server.ts";
import { connectRaw, type RawClient } from "./raw-client.ts";
import { createToyLog, type ToyLog } from "./toy-log.ts";

/** The real server on a real socket. Its handlers answer with the examples of the contract, unless a test brings its own. */
export interface ToyDaemon extends AsyncDisposable {
  readonly path: string;
  readonly server: SocketServer;
  readonly log: ToyLog;
  /** Errors told to nobody but us. */
  readonly incidents: unknown[];
  connect(): Promise<RawClient>;
  /** A connection that has sent `initialize` and got its answer. */
  connectInitialized(): Promise<RawClient>;
}

const examples = Object.fromEntries(
  Object.entries(methods).map(([name, { example }]) => [name, () => example.result]),
) as unknown as HandlerMap;

export async function startToyDaemon(
  handlers: Partial<HandlerMap> = {},
  options: Partial<SocketServerOptions> = {},
): Promise<ToyDaemon> {
  const directory = await mkdtemp(join(tmpdir(), "orch-test-"));
  const path = join(directory, "socket");
  const log = createToyLog();
  const incidents: unknown[] = [];
  const clients: RawClient[] = [];
  const server = createSocketServer({
    handlers: { ...examples, ...handlers },
    events: log,
    userName: "ada",
    onIncident: (_id, error) => incidents.push(error),
    validateResults: true,
    ...options,
  });
  const listener = createServer();
  server.serve(listener);
  await once(listener.listen(path), "listening");

  const daemon: ToyDaemon = {
    path,
    server,
    log,
    incidents,
    async connect() {
      const client = await connectRaw(path);
      clients.push(client);
      return client;
    },
    async connectInitialized() {
      const client = await daemon.connect();
      await client.initialize();
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.socket.destroy();
      await server.close(0);
      await rm(directory, { recursive: true });
    },
  };
  return daemon;
}
