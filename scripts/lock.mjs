import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const pollMs = 200;

/**
 * Runs `work` while no other process runs its own under the same lock file; waits for one that does.
 * The file names its holder, so that a holder that was killed does not lock out everybody after it.
 * @param {string} path
 * @param {(holder: number) => void} whenWaiting called once, with the process that holds the lock
 * @param {() => Promise<void>} work
 */
export async function withLock(path, whenWaiting, work) {
  const mine = JSON.stringify({ pid: process.pid, start: getStart(process.pid) });
  for (let hasWaited = false; !acquire(path, mine); await delay(pollMs)) {
    const holder = readHolder(path);
    if (holder === undefined) continue;
    if (!isAlive(holder)) {
      removeStale(path, holder.text);
    } else if (!hasWaited) {
      whenWaiting(holder.pid);
      hasWaited = true;
    }
  }
  try {
    await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * A hard link appears with its whole content at once, so no reader ever sees a lock without a holder.
 * @param {string} path
 * @param {string} text
 */
function acquire(path, text) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @param {string} path */
function readHolder(path) {
  try {
    const text = readFileSync(path, "utf8");
    const holder = /** @type {{ pid: number, start?: string }} */ (JSON.parse(text));
    return { ...holder, text };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** @param {{ pid: number, start?: string }} holder */
function isAlive(holder) {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return hasCode(error, "EPERM");
  }
  return getStart(holder.pid) === holder.start;
}

/**
 * Two waiters may both find the holder dead; the slower one must not remove the lock that the faster one took since.
 * @param {string} path
 * @param {string} staleText
 */
function removeStale(path, staleText) {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, "utf8") !== staleText) linkSync(aside, path);
  } catch (error) {
    if (!hasCode(error, "ENOENT") && !hasCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/**
 * When the process began, in clock ticks since boot: tells it from a later one of the same number. Linux only;
 * elsewhere undefined, and the number alone has to do.
 * @param {number} pid
 */
function getStart(pid) {
  try {
    // Field 22 of the line; the second one, the name in parentheses, may itself hold spaces and parentheses.
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(")").at(-1)?.split(" ")[20];
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function hasCode(error, code) {
  return error instanceof Error && "code" in error && error.code === code;
}
