import { type FSWatcher, watch } from "node:fs";
import { access, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { basename, dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PROTOCOL_VERSIONS, VERSION } from "@orchastration/protocol";
import {
  type DaemonEndpoint,
  firstPrivateDirectory,
  listenOnSocket,
  ownIdentity,
  removeEndpoint,
  socketPath,
  writeEndpoint,
} from "@orchastration/protocol/node";

/** Between attempts to listen anew. */
const RETRY_MS = 500;

/** First descriptor systemd passes to a socket-activated service. Source: sd_listen_fds(3). */
const FIRST_ACTIVATED_DESCRIPTOR = 3;

export interface ListeningOptions {
  readonly stateDir: string;
  /** Set by ORCHASTRATION_SOCKET: listen there, in a directory that is the user's own affair. */
  readonly namedSocket: string | null;
  /** Where sockets may lie, the preferred place first. */
  readonly runtimeDirs: readonly string[];
  readonly startedAt: Date;
  /** LISTEN_FDS and LISTEN_PID of socket activation. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onRelisten: (socket: string) => void;
  readonly onError: (error: unknown) => void;
}

export interface Listening {
  readonly socket: () => string;
  /** Private directory of this user that the system clears at logout or boot. */
  readonly runtimeDir: () => string;
  /** Listens, hands every server it has to make to `serve`, and lets clients find it. */
  open(serve: (server: Server) => void): Promise<void>;
  close(): Promise<void>;
}

/**
 * The daemon's socket and its endpoint record. Only the holder of the instance lock may open it: a dead socket in the way is removed. When the
 * runtime directory vanishes (logout removes it), the daemon listens anew and says so in its record.
 */
export async function prepareListening(options: ListeningOptions): Promise<Listening> {
  const { stateDir, namedSocket, runtimeDirs, startedAt, env, onRelisten, onError } = options;
  const isActivated = env.LISTEN_PID === String(process.pid) && Number(env.LISTEN_FDS) >= 1;
  let runtimeDir = firstPrivateDirectory(runtimeDirs);
  let path = namedSocket ?? socketPath({ runtimeDir, stateDir });
  let watcher: FSWatcher | undefined;
  let isClosed = false;
  let isRenewing = false;

  const endpoint = (): DaemonEndpoint => ({
    kind: "daemon",
    process: ownIdentity(),
    socket: path,
    version: VERSION,
    protocolVersions: PROTOCOL_VERSIONS,
    startedAt: startedAt.toISOString(),
  });

  async function listen(serve: (server: Server) => void): Promise<void> {
    const server = createServer();
    serve(server);
    if (isActivated) await listenOnDescriptor(server);
    else await listenOnSocket(server, path, { mayUnlinkStale: true });
  }

  async function announce(serve: (server: Server) => void): Promise<void> {
    writeEndpoint(stateDir, endpoint());
    // Pipes of Windows have no directory, and an activated socket belongs to the service manager.
    if (process.platform !== "win32" && !isActivated) watchSocket(serve);
  }

  function watchSocket(serve: (server: Server) => void): void {
    const look = (): void => void relistenIfGone(serve);
    watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      // The directory's own removal is told under the directory's name.
      if (name === basename(path) || name === basename(dirname(path))) look();
    });
    watcher.on("error", look);
  }

  async function relistenIfGone(serve: (server: Server) => void): Promise<void> {
    if (isClosed || isRenewing) return;
    isRenewing = true;
    if (!(await isPresent(path))) await renew(serve);
    isRenewing = false;
  }

  /** Without a socket nobody could even stop this daemon: what fails (a full disk, a directory that is not there yet) is tried again. */
  async function renew(serve: (server: Server) => void): Promise<void> {
    watcher?.close();
    while (!isClosed) {
      try {
        runtimeDir = firstPrivateDirectory(runtimeDirs);
        path = namedSocket ?? socketPath({ runtimeDir, stateDir });
        if (!(await isPresent(path))) await listen(serve);
        await announce(serve);
        return onRelisten(path);
      } catch (error) {
        onError(error);
        await pause(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  return {
    socket: () => path,
    runtimeDir: () => runtimeDir,
    async open(serve) {
      await listen(serve);
      await announce(serve);
    },
    async close() {
      isClosed = true;
      watcher?.close();
      await removeEndpoint(stateDir, endpoint());
      if (!isActivated && process.platform !== "win32") await rm(path, { force: true });
    },
  };
}

function listenOnDescriptor(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ fd: FIRST_ACTIVATED_DESCRIPTOR }, resolve);
  });
}

function isPresent(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
