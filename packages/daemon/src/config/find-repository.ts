import { readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/**
 * The canonical path of the main worktree of the repository that `directory` lies in, also when it lies in a linked
 * worktree; null outside of every repository. Reads git's own files, so that asking costs no process.
 * A linked worktree of a bare repository has no main worktree and stands for itself.
 */
export async function findRepositoryRoot(directory: string): Promise<string | null> {
  const start = await realpath(directory).catch(() => null);
  for (let folder = start; folder !== null; folder = parentOf(folder)) {
    const gitDirectory = await findGitDirectory(folder);
    if (gitDirectory !== null) return findMainWorktree(folder, gitDirectory);
  }
  return null;
}

function parentOf(folder: string): string | null {
  const parent = dirname(folder);
  return parent === folder ? null : parent;
}

/** `.git` is a directory, or a file that names one. One without HEAD is none of git's. */
async function findGitDirectory(worktree: string): Promise<string | null> {
  const dotGit = join(worktree, ".git");
  const target = (await readLine(dotGit))?.match(/^gitdir: (.+)$/)?.[1];
  const gitDirectory = target === undefined ? dotGit : resolve(worktree, target);
  return (await isFile(join(gitDirectory, "HEAD"))) ? gitDirectory : null;
}

async function findMainWorktree(worktree: string, gitDirectory: string): Promise<string> {
  const commonLine = await readLine(join(gitDirectory, "commondir"));
  if (commonLine === null) return worktree;
  const common = await realpath(resolve(gitDirectory, commonLine)).catch(() => null);
  if (common === null) return worktree;
  const candidate = dirname(common);
  if (basename(common) === ".git") return candidate;
  // A bare repository kept as `project/.bare`, with `project/.git` a file that names it.
  const named = await findGitDirectory(candidate);
  return named !== null && (await realpath(named)) === common ? candidate : worktree;
}

async function readLine(file: string): Promise<string | null> {
  if (!(await isFile(file))) return null;
  const text = await readFile(file, "utf8").catch(() => null);
  return text?.replace(/\r?\n$/, "") ?? null;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
