import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "@orchastration/protocol/node";
import { type FileLock, lockFile } from "./registry/database.ts";
import { storageFailure } from "./registry/storage-failure.ts";

/** How often a successor looks whether its predecessor has ended. */
const RETRY_MS = 20;

export interface InstanceLock {
  release(): void;
}

/** Another daemon has this state directory. */
export class AlreadyRunningError extends Error {
  readonly stateDir: string;

  constructor(stateDir: string) {
    super(`a daemon is running already for the state directory ${stateDir}. \`orchastration daemon status\` shows it`);
    this.name = "AlreadyRunningError";
    this.stateDir = stateDir;
  }
}

/** Locks of this process. Opening the file once more to look would drop the lock: POSIX locks end with any descriptor of their file. */
const held = new Set<string>();

/**
 * Makes this process the only daemon of a state directory, whose path must be canonical, until it releases the lock or ends, however it ends.
 * Waits at most `waitMs` for another one to end.
 * @throws AlreadyRunningError, OrchastrationError StateUnavailable
 */
export async function acquireInstanceLock(
  stateDir: string,
  { waitMs = 0 }: { readonly waitMs?: number } = {},
): Promise<InstanceLock> {
  const path = join(stateDir, "daemon.lock");
  if (held.has(path)) throw new AlreadyRunningError(stateDir);
  held.add(path);
  try {
    const lock = await waitForLock(path, waitMs);
    if (lock === undefined) throw new AlreadyRunningError(stateDir);
    return {
      release() {
        lock.release();
        held.delete(path);
      },
    };
  } catch (error) {
    held.delete(path);
    throw storageFailure(error, stateDir) ?? error;
  }
}

async function waitForLock(path: string, waitMs: number): Promise<FileLock | undefined> {
  const deadline = monotonicMs() + waitMs;
  for (;;) {
    const lock = lockFile(path);
    if (lock !== undefined || monotonicMs() >= deadline) return lock;
    await pause(RETRY_MS);
  }
}
