import type { Stats } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { OrchastrationError } from "../errors.ts";
import { errorCode } from "./error-code.ts";
import { socketPathLimitBytes } from "./paths.ts";

/** Leaves 0600 of a socket's 0777. */
const OWNER_ONLY_UMASK = 0o177;

export interface ListenOptions {
  /**
   * True only for the holder of the lock that makes it the one listener at this path: a dead socket is then removed. Without the lock, a socket
   * that seems dead may belong to a process that is just about to listen.
   */
  readonly mayUnlinkStale: boolean;
}

/**
 * Binds the server to a Unix socket (0600) or a Windows pipe, and to nothing that was there before.
 * @throws {OrchastrationError} StateUnavailable, saying what is at the path and what to do.
 */
export async function listenOnSocket(server: Server, path: string, options: ListenOptions): Promise<void> {
  if (process.platform !== "win32") {
    refuseLongPath(path);
    await clearTheWay(path, options);
  }
  await bind(server, path);
}

function refuseLongPath(path: string): void {
  const limit = socketPathLimitBytes(process.platform);
  const length = Buffer.byteLength(path);
  if (length <= limit) return;
  throw refusal(
    path,
    `is too long for a socket: ${length} bytes, and this system allows ${limit}`,
    "Use a shorter path.",
  );
}

async function clearTheWay(path: string, options: ListenOptions): Promise<void> {
  const stats = await lstatIfPresent(path);
  if (stats === undefined) return;
  const foreign = describeForeign(stats);
  if (foreign !== undefined) throw refusal(path, foreign, "Look at what it is, and move it away yourself.");
  const state = await probe(path);
  if (state === "live") {
    throw refusal(path, "is the socket of a running process", "Stop that process, or use another --state-dir.");
  }
  if (!options.mayUnlinkStale) {
    throw refusal(path, "is a socket nobody listens on", "Whoever holds the lock of the state directory removes it.");
  }
  await unlink(path);
}

async function lstatIfPresent(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function describeForeign(stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return "is a symbolic link";
  if (stats.isDirectory()) return "is a directory";
  if (!stats.isSocket()) return "is a file, not a socket";
  if (stats.uid !== process.getuid?.()) return `is a socket of another user (uid ${stats.uid})`;
  return undefined;
}

/** Only a refused connection proves that nobody listens; every other failure counts as somebody (a full backlog answers EAGAIN). */
function probe(path: string): Promise<"live" | "stale"> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve("live");
    });
    socket.once("error", (error) => resolve(errorCode(error) === "ECONNREFUSED" ? "stale" : "live"));
  });
}

/** `listen` on a path binds before it returns, so the umask of the whole process is narrowed for no other work. */
function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(cannotBind(path, error));
    server.once("error", fail);
    const umask = process.umask(OWNER_ONLY_UMASK);
    try {
      server.listen(path, () => {
        server.off("error", fail);
        resolve();
      });
    } finally {
      process.umask(umask);
    }
  });
}

function cannotBind(path: string, error: Error): OrchastrationError {
  return errorCode(error) === "EADDRINUSE"
    ? refusal(path, "was taken by another process just now", "Try again.", error)
    : new OrchastrationError("StateUnavailable", `Cannot listen on ${path}: ${error.message}`, {
        details: { path },
        cause: error,
      });
}

function refusal(path: string, found: string, hint: string, cause?: Error): OrchastrationError {
  return new OrchastrationError("StateUnavailable", `Refusing to listen on ${path}: it ${found}.`, {
    hint,
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
