import { renameSync, rmSync, writeFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isId, newId } from "../ids.ts";

/**
 * Replaces `path` as a whole: after a crash at any moment there is either the old content or the new one, and when the promise resolves the new
 * one is on the disk. Mode 0600 unless given.
 * @param options.beforeReplacing runs right before the new content, which stands in the file `temporary`, takes the place of the old; what it throws
 * leaves the old one there
 * @param options.flush content: as a whole or not at all, and the caller flushes the directory ({@link flushDirectory}) when it must be there
 */
export async function writeFileAtomically(
  path: string,
  data: string | Uint8Array,
  options: {
    readonly mode?: number;
    readonly beforeReplacing?: (temporary: string) => void;
    readonly flush?: "content" | "everything";
  } = {},
): Promise<void> {
  const { mode, beforeReplacing, flush = "everything" } = options;
  const temporary = temporaryBeside(path);
  try {
    await writeNew(temporary, data, mode);
    beforeReplacing?.(temporary);
    await rename(temporary, path);
  } catch (error) {
    // Where nothing can be written little can be removed: what is said is why it could not be written.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  if (flush === "everything") await flushDirectory(dirname(path));
}

/**
 * The same without a flush: the content outlives every process from then on, but not a loss of power. Nothing here waits for the disk, so it is done
 * at once: every step in the thread pool would cost more than all of them here. Mode 0600.
 */
export function writeFileUnflushed(path: string, data: string | Uint8Array): void {
  const temporary = temporaryBeside(path);
  try {
    writeFileSync(temporary, data, { mode: 0o600, flag: "wx" });
    renameSync(temporary, path);
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // As above.
    }
    throw error;
  }
}

/** A path for what is to take the place of `path`. Not derived from the file's own name: that may already be as long as the file system allows. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${newId()}.tmp`);
}

/** Whether a file of this name is one that was to take another's place; if it stays, whoever wrote it was killed. */
export function isTemporaryName(name: string): boolean {
  const [, id = ""] = /^\.([^.]+)\.tmp(?:\.\w+)?$/.exec(name) ?? [];
  return isId(id);
}

async function writeNew(path: string, data: string | Uint8Array, mode: number | undefined): Promise<void> {
  const file = await open(path, "wx", mode ?? 0o600);
  try {
    // The umask may have narrowed it.
    if (mode !== undefined) await file.chmod(mode);
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is durable once its directory is. Windows cannot open directories and journals the rename itself. */
export async function flushDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
