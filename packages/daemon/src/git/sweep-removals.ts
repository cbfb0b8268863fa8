import type { Dirent } from "node:fs";
import { chmod, lstat, readdir, realpath, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** The directory of a worktree whose removal was interrupted, or that could not be emptied. Its name proves that it is ours. */
export type Leftover =
  /** Judged for the last time, nothing in it is wanted. */
  | { readonly kind: "removed"; readonly path: string }
  /** Moved aside and not judged: it goes back to where it was, and the next removal judges it anew. */
  | { readonly kind: "leaving"; readonly path: string; readonly origin: string };

/** Of the worktree of this name, or all. A root that is reached through a link is left alone. */
export async function listLeftovers(worktreesRoot: string, only?: string): Promise<Leftover[]> {
  if ((await realpath(worktreesRoot).catch(() => undefined)) !== worktreesRoot) return [];
  return (await readdir(worktreesRoot)).flatMap((name): Leftover[] => {
    const [, state, original = ""] = /^\.(leaving|removed)-(.+)-[0-9a-f]{8}$/.exec(name) ?? [];
    if (state === undefined || (only !== undefined && only !== original)) return [];
    const path = join(worktreesRoot, name);
    return state === "removed"
      ? [{ kind: "removed", path }]
      : [{ kind: "leaving", path, origin: join(worktreesRoot, original) }];
  });
}

export type SweptLeftover = "removed" | "put-back" | "left";

/** Finishes the removal, or takes it back. What can be neither is left: look at it by hand. */
export async function sweepLeftover(leftover: Leftover): Promise<SweptLeftover> {
  if (leftover.kind === "removed") return (await removeTree(leftover.path)) ? "removed" : "left";
  if (!(await isAbsent(leftover.origin))) return "left";
  await rename(leftover.path, leftover.origin);
  return "put-back";
}

export interface Swept {
  /** Names that were removed. */
  readonly removed: readonly string[];
  /** Worktrees that are where they were again. */
  readonly putBack: readonly string[];
  readonly left: readonly string[];
}

/** Sweeps what is left of the worktree of this name, or everything. Only while none of these removals is under way. */
export async function sweepRemovals(worktreesRoot: string, only?: string): Promise<Swept> {
  const swept = { removed: [] as string[], putBack: [] as string[], left: [] as string[] };
  for (const leftover of await listLeftovers(worktreesRoot, only)) {
    const outcome = await sweepLeftover(leftover);
    if (outcome === "put-back" && leftover.kind === "leaving") swept.putBack.push(leftover.origin);
    else swept[outcome === "removed" ? "removed" : "left"].push(leftover.path);
  }
  return swept;
}

/** Links are removed, not followed; directories without the right to write are given it. False when something stays. */
export async function removeTree(path: string): Promise<boolean> {
  await makeWritable(path);
  await rm(path, { recursive: true, force: true }).catch(() => {});
  return isAbsent(path);
}

async function isAbsent(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) === undefined;
}

async function makeWritable(folder: string): Promise<void> {
  const stats = await lstat(folder).catch(() => undefined);
  if (stats === undefined || !stats.isDirectory()) return;
  if ((stats.mode & 0o700) !== 0o700) await chmod(folder, stats.mode | 0o700).catch(() => {});
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  for (const entry of entries) if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
}
