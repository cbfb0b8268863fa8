import { readFile, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { errorCode } from "@orchastration/protocol/node";
import { listAdminDirectories } from "./worktree-list.ts";

/** A worktree that was made, and the branch it was made for. */
export interface MadeWorktree {
  readonly path: string;
  readonly branch: string;
}

/** What became of a worktree, as far as git's own files say; branches by their short names. */
export interface WorktreeStanding {
  readonly isThere: boolean;
  /** Its git directory; null when git does not list it. */
  readonly gitDir: string | null;
  readonly hasBranch: boolean;
  /** What is checked out in it: a branch, or null for a commit. Undefined when that is not known, and while git itself rebases. */
  readonly checkedOut: string | null | undefined;
}

/** git's directory shared by all worktrees, of a main worktree or a bare repository; undefined where there is none. */
export async function findCommonDir(root: string): Promise<string | undefined> {
  const dotGit = join(root, ".git");
  const target = /^gitdir: (.+)$/m.exec((await readText(dotGit)) ?? "")?.[1];
  for (const candidate of [target === undefined ? dotGit : resolve(root, target), root]) {
    if ((await readText(join(candidate, "HEAD"))) === undefined) continue;
    const common = (await readText(join(candidate, "commondir")))?.trimEnd();
    return await realpath(common === undefined ? candidate : resolve(candidate, common));
  }
  return undefined;
}

/** Reads a few small files for each worktree, and starts no git: it is asked whenever somebody looks. In the order asked. */
export async function observeStanding(
  commonDir: string,
  worktrees: readonly MadeWorktree[],
): Promise<readonly WorktreeStanding[]> {
  const adminDirectories = await listAdminDirectories(commonDir);
  const packed = (await readText(join(commonDir, "packed-refs"))) ?? "";
  // Its refs stand in tables, which only git reads.
  const isReadable = !(await isThere(join(commonDir, "reftable")));

  const hasBranch = async (branch: string): Promise<boolean> =>
    !isReadable || packed.includes(` refs/heads/${branch}\n`) || (await isThere(join(commonDir, "refs/heads", branch)));

  async function findCheckedOut(gitDir: string): Promise<string | null | undefined> {
    const isRebasing = (await isThere(join(gitDir, "rebase-merge"))) || (await isThere(join(gitDir, "rebase-apply")));
    const head = isReadable && !isRebasing ? await readText(join(gitDir, "HEAD")) : undefined;
    return head === undefined ? undefined : (/^ref: refs\/heads\/(.+)$/m.exec(head)?.[1] ?? null);
  }

  return await Promise.all(
    worktrees.map(async ({ path, branch }) => {
      const gitDir = adminDirectories.get(path) ?? null;
      return {
        isThere: await isThere(path),
        gitDir,
        hasBranch: await hasBranch(branch),
        checkedOut: gitDir === null ? undefined : await findCheckedOut(gitDir),
      };
    }),
  );
}

/** Undefined for what is no file, or not there. */
async function readText(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch((error: unknown) => {
    if (["ENOENT", "ENOTDIR", "EISDIR", "EACCES"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  });
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
