import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Git, readItems, showPath } from "./run-git.ts";

/** A worktree as git has noted it down: whether the directory is still there is another question. */
export interface ListedWorktree {
  readonly path: string;
  readonly commit: string | null;
  readonly branch: string | null;
  /** git's reason not to touch it; "initializing" while `git worktree add` makes it. */
  readonly lock: string | null;
}

export async function listWorktrees(git: Git): Promise<ListedWorktree[]> {
  const lines = (await readItems(git, ["worktree", "list", "--porcelain", "-z"])).map(showPath);
  const starts = lines.flatMap((line, index) => (line.startsWith("worktree ") ? [index] : []));
  return starts.map((start, index) => {
    const attributes = lines.slice(start + 1, starts[index + 1]);
    const find = (name: string) =>
      attributes.find((line) => line === name || line.startsWith(`${name} `))?.slice(name.length);
    return {
      path: (lines[start] ?? "").slice("worktree ".length),
      commit: find("HEAD")?.trim() ?? null,
      branch:
        find("branch")
          ?.trim()
          .replace(/^refs\/heads\//, "") ?? null,
      lock: find("locked")?.trim() ?? null,
    };
  });
}

/** git's own directories of linked worktrees by their paths, as the repository notes them. Reads files only. */
export async function listAdminDirectories(commonDir: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(commonDir, "worktrees");
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (name): Promise<[string, string] | undefined> => {
      const admin = join(folder, name);
      const target = await readFile(join(admin, "gitdir"), "utf8").catch(() => undefined);
      return target === undefined ? undefined : [resolve(admin, dirname(target.trimEnd())), admin];
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}

/** git's own directory of a worktree, found from the repository's side, since the worktree's `.git` file is in an agent's hands. */
export async function findAdminDirectory(commonDir: string, path: string): Promise<string | undefined> {
  return (await listAdminDirectories(commonDir)).get(path);
}

/** git's directory of any listed worktree, the main one included. */
export async function gitDirOf(commonDir: string, path: string): Promise<string> {
  return (await findAdminDirectory(commonDir, path)) ?? commonDir;
}

export type WorktreeState =
  | { readonly kind: "ok"; readonly gitDir: string }
  /** Nothing at the path; `gitDir` is what git still has of it. */
  | { readonly kind: "missing"; readonly gitDir: string | undefined }
  /** Not what we made: nothing is run in it, and nothing removed. */
  | { readonly kind: "quarantined"; readonly why: string };

/**
 * Whether a directory still is the worktree that was made there. An agent can replace the `.git` file of its worktree, and with it the
 * configuration git would read. Reads files only, runs nothing.
 */
export async function verifyWorktree(commonDir: string, path: string): Promise<WorktreeState> {
  const gitDir = await findAdminDirectory(commonDir, path);
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return { kind: "missing", gitDir };
  const quarantined = (why: string): WorktreeState => ({ kind: "quarantined", why });
  if (!stats.isDirectory())
    return quarantined(`${path} is ${stats.isSymbolicLink() ? "a symbolic link" : "no directory"}`);
  if ((await realpath(path)) !== path) return quarantined(`${path} is reached through a symbolic link`);
  if (gitDir === undefined) return quarantined(`git does not list ${path} among the worktrees of this repository`);
  const dotGit = join(path, ".git");
  const isFile = (await lstat(dotGit).catch(() => undefined))?.isFile() === true;
  if (!isFile) return quarantined(`${dotGit} is missing, or is not the file that git made`);
  const named = /^gitdir: (.+?)\r?\n?$/.exec(await readFile(dotGit, "utf8"))?.[1];
  if (named === undefined || resolve(path, named) !== gitDir) {
    return quarantined(`${dotGit} leads to ${JSON.stringify(named ?? "nothing")} and not to ${gitDir}`);
  }
  const back = await readFile(join(gitDir, "commondir"), "utf8").catch(() => "");
  if (resolve(gitDir, back.trimEnd()) !== commonDir) return quarantined(`${gitDir} belongs to another repository`);
  return { kind: "ok", gitDir };
}
