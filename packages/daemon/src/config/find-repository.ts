import { readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/**
 * The canonical path of the main worktree of the repository that `directory` lies in, also when it lies in a linked
 * worktree; null outside of every repository. Reads git's own files, so that asking costs no process, and at once: each is a few microseconds,
 * and a turn in the thread pool many times that.
 * A linked worktree of a bare repository has no main worktree and stands for itself.
 */
export function findRepositoryRoot(directory: string): string | null {
  for (let folder = findRealPath(directory); folder !== null; folder = parentOf(folder)) {
    const gitDirectory = findGitDirectory(folder);
    if (gitDirectory !== null) return findMainWorktree(folder, gitDirectory);
  }
  return null;
}

function findRealPath(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}

function parentOf(folder: string): string | null {
  const parent = dirname(folder);
  return parent === folder ? null : parent;
}

/** `.git` is a directory, or a file that names one. One without HEAD is none of git's. */
function findGitDirectory(worktree: string): string | null {
  const dotGit = join(worktree, ".git");
  const target = readLine(dotGit)?.match(/^gitdir: (.+)$/)?.[1];
  const gitDirectory = target === undefined ? dotGit : resolve(worktree, target);
  return isFile(join(gitDirectory, "HEAD")) ? gitDirectory : null;
}

function findMainWorktree(worktree: string, gitDirectory: string): string {
  const commonLine = readLine(join(gitDirectory, "commondir"));
  if (commonLine === null) return worktree;
  const common = findRealPath(resolve(gitDirectory, commonLine));
  if (common === null) return worktree;
  const candidate = dirname(common);
  if (basename(common) === ".git") return candidate;
  // A bare repository kept as `project/.bare`, with `project/.git` a file that names it.
  const named = findGitDirectory(candidate);
  return named !== null && findRealPath(named) === common ? candidate : worktree;
}

function readLine(file: string): string | null {
  if (!isFile(file)) return null;
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch {
    return null;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
