import { existsSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { messageOf } from "@orchastration/protocol";
import { firstPrivateDirectory, listenOnSocket, socketPath } from "@orchastration/protocol/node";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** A logout removes the runtime directory under a running supervisor; so often that is looked for. */
const WATCH_MS = 10_000;

export interface ListeningDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly id: string;
  /** Canonical. */
  readonly stateDir: string;
  readonly runtimeDirs: readonly string[];
  onConnection(socket: Socket): void;
  /** The socket is at this path from now on. */
  publish(path: string): Promise<void>;
}

export interface Listening {
  /** Accepts nothing more and removes the socket. */
  close(): void;
}

/** Listens, and listens anew when the socket has vanished, so that the next daemon can find this supervisor. */
export async function listen(deps: ListeningDeps): Promise<Listening> {
  const { clock, log } = deps;
  let { server, path } = await bind(deps);
  await deps.publish(path);

  async function restore(): Promise<void> {
    if (process.platform === "win32" || existsSync(path)) return;
    log.info("socket.vanished", "The socket was removed; listening anew.", { path });
    // Only stops accepting: connections stay. First, because it removes what is at its path, though it may be a new socket by then.
    server.close();
    ({ server, path } = await bind(deps));
    await deps.publish(path);
  }

  let cancel: () => void;
  const watch = (): void => {
    cancel = clock.after(WATCH_MS, () => {
      restore()
        .catch((error: unknown) => log.error("socket.lost", `Cannot listen anew: ${messageOf(error)}`))
        .finally(() => isClosed || watch());
    });
  };
  let isClosed = false;
  watch();

  return {
    close() {
      isClosed = true;
      cancel();
      server.close();
    },
  };
}

async function bind(deps: ListeningDeps): Promise<{ server: Server; path: string }> {
  const runtimeDir = firstPrivateDirectory(deps.runtimeDirs);
  const path = socketPath({ runtimeDir, stateDir: deps.stateDir, supervisor: deps.id });
  const server = createServer(deps.onConnection);
  // The path has this supervisor's random id in it: what lies there is its own.
  await listenOnSocket(server, path, { mayUnlinkStale: true });
  server.on("error", (error) => deps.log.error("socket.failed", error.message));
  return { server, path };
}
