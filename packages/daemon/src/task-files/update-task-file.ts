import { lstatSync, readFileSync } from "node:fs";
import { writeFileAtomically } from "@orchastration/protocol/node";
import { changeContent } from "./content.ts";
import { TaskFileError, toProblem } from "./problem.ts";
import { readBytes } from "./read-bytes.ts";
import type { TaskHeaderChanges } from "./task-header.ts";

/** Somebody who saves faster than this many attempts is a program gone wild. */
const mostAttempts = 10;

class ChangedMeanwhile extends Error {}

const lastChanges = new Map<string, Promise<unknown>>();

/**
 * Changes keys of the header, and no other byte. The file is replaced as a whole; what a person saves in the meantime is not
 * lost, the change is made again on top of it. A file without header gets one. null removes nothing: it writes `null` where
 * the key stands.
 * @returns false when the file said so already
 * @throws TaskFileError the file is left as it is
 */
export function updateTaskFile(path: string, changes: TaskHeaderChanges): Promise<boolean> {
  const before = lastChanges.get(path) ?? Promise.resolve();
  const change = before.then(() => updateAlone(path, changes));
  const settled = change.then(
    () => undefined,
    () => undefined,
  );
  lastChanges.set(path, settled);
  void settled.then(() => lastChanges.get(path) === settled && lastChanges.delete(path));
  return change;
}

async function updateAlone(path: string, changes: TaskHeaderChanges): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await replaceOnce(path, changes);
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile)) throw error;
      if (attempt === mostAttempts) throw refusal(path, "changed again and again while it was to be rewritten");
    }
  }
}

async function replaceOnce(path: string, changes: TaskHeaderChanges): Promise<boolean> {
  const found = await readBytes(path);
  if (found.kind === "refused") throw new TaskFileError([toProblem(found.mistake, path)]);
  const { bytes, stats } = found;
  const changed = await changeContent(bytes, changes);
  if (!Buffer.isBuffer(changed)) throw new TaskFileError([toProblem(changed, path)]);
  if (changed.equals(bytes)) return false;
  await writeFileAtomically(path, changed, {
    mode: stats.mode & 0o777,
    beforeReplacing() {
      if (!isStill(path, bytes)) throw new ChangedMeanwhile();
    },
  });
  return true;
}

function isStill(path: string, bytes: Buffer): boolean {
  try {
    return lstatSync(path).isFile() && readFileSync(path).equals(bytes);
  } catch {
    return false;
  }
}

function refusal(path: string, message: string): TaskFileError {
  return new TaskFileError([toProblem({ kind: "not-changeable", message }, path)]);
}
