import { realpathSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import type { Base } from "@orchastration/protocol/contract";
import { findOutermostWorktree } from "./find-git-entry.ts";
import { disarm } from "./local-commands.ts";
import { gitFrom, readGit, readItems } from "./run-git.ts";

/** Longer than any status of a large repository takes; a hanging file system must not keep a run from being started. */
const deadlineMs = 10_000;

/**
 * Commit, tree and cleanliness of the repository around a directory; null outside of any, before the first commit, and when git is missing or
 * refuses (a foreign owner, for one): a run does not depend on it.
 * @param except paths relative to the directory, or absolute, whose changes do not count
 */
export async function observeBase(directory: string, except: readonly string[] = []): Promise<Base | null> {
  try {
    // Spares the many runs outside of any repository three processes each.
    const outermost = findOutermostWorktree(realpathSync(directory));
    if (outermost === undefined) return null;
    const git = gitFrom(directory, outermost);
    const [revisions, disarmed] = await Promise.all([
      readGit(git, ["rev-parse", "HEAD^{commit}", "HEAD^{tree}"], { deadlineMs }),
      disarm(git),
    ]);
    const [commit, tree] = revisions.split("\n");
    if (commit === undefined || tree === undefined) return null;
    const untracked = except.length === 0 ? "normal" : "all";
    const status = [
      "status",
      "--porcelain",
      "-z",
      "--no-renames",
      "--ignore-submodules=all",
      `--untracked-files=${untracked}`,
    ];
    const changes = await readItems(disarmed.git, status, { deadlineMs });
    if (except.length === 0) return { commit, tree, isDirty: changes.length > 0 };
    const root = await readGit(git, ["rev-parse", "--show-toplevel"], { deadlineMs });
    const isExcepted = exceptionsIn(realpathSync(directory), except);
    return { commit, tree, isDirty: changes.some((item) => !isExcepted(join(root, pathOfItem(item)))) };
  } catch {
    return null;
  }
}

/** Of an entry of `status --porcelain`: two letters and a space stand before it. Its bytes are characters. */
function pathOfItem(item: string): string {
  return Buffer.from(item.slice(3), "latin1").toString("utf8");
}

function exceptionsIn(directory: string, paths: readonly string[]): (path: string) => boolean {
  const excepted = paths.map((path) => resolve(directory, path));
  return (path) => excepted.some((exception) => path === exception || path.startsWith(exception + sep));
}
