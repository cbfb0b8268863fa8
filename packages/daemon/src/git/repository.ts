import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { findGitEntry, findOutermostWorktree } from "./find-git-entry.ts";
import { GitError, lastLines } from "./git-error.ts";
import { type Git, gitAt, gitFrom, readGit } from "./run-git.ts";

export type Head =
  | { readonly kind: "branch"; readonly branch: string; readonly commit: string }
  | { readonly kind: "detached"; readonly commit: string }
  /** The branch will exist with its first commit. */
  | { readonly kind: "unborn"; readonly branch: string };

export interface Repository {
  /** Canonical path of the main worktree; of the git directory when it is bare. A linked worktree of a bare repository stands for itself. */
  readonly root: string;
  /** Of the worktree that was asked about. */
  readonly gitDir: string;
  /** Shared by all worktrees. */
  readonly commonDir: string;
  /** Top of the worktree that was asked about; null for a bare repository. */
  readonly workTree: string | null;
  readonly isBare: boolean;
  readonly isShallow: boolean;
  readonly head: Head;
}

export type OpenedRepository =
  | { readonly kind: "opened"; readonly repository: Repository }
  | { readonly kind: "none" }
  /** There is one, and git does not open it: a foreign owner, a broken `.git` file, an unknown format. */
  | { readonly kind: "refused"; readonly at: string; readonly why: string };

/** The repository around a directory: a worktree or a directory inside of one, a linked one, a bare repository. @throws GitError when there is no git */
export async function openRepository(directory: string): Promise<OpenedRepository> {
  const start = await realpath(directory).catch(() => null);
  const entry = start === null ? undefined : findGitEntry(start);
  if (start === null || entry === undefined) return { kind: "none" };
  try {
    return { kind: "opened", repository: await describeRepository(start, entry) };
  } catch (error) {
    if (!(error instanceof GitError) || error.failure.kind !== "exit") throw error;
    const at = entry.kind === "bare" ? entry.gitDir : entry.top;
    return { kind: "refused", at, why: lastLines(error.failure.stderr) };
  }
}

/** @throws GitError when git refuses */
async function describeRepository(
  start: string,
  entry: NonNullable<ReturnType<typeof findGitEntry>>,
): Promise<Repository> {
  // git finds and checks it once; from then on its place is named.
  const asked =
    entry.kind === "bare"
      ? gitAt({ gitDir: entry.gitDir, workTree: null })
      : gitFrom(entry.top, findOutermostWorktree(start) ?? entry.top);
  const questions = ["--git-dir", "--git-common-dir", "--is-bare-repository", "--is-shallow-repository"];
  const answers = await readGit(asked, ["rev-parse", "--path-format=absolute", ...questions]);
  const [shallow, bare, common = "", git = ""] = answers.split("\n").reverse();
  const [gitDir, commonDir] = await Promise.all([realpath(git), realpath(common)]);
  const workTree = entry.kind === "bare" || bare === "true" ? null : entry.top;
  return {
    root: entry.kind === "bare" ? commonDir : await findMainWorktree(entry.top, gitDir, commonDir),
    gitDir,
    commonDir,
    workTree,
    isBare: workTree === null,
    isShallow: shallow === "true",
    head: await readHead(gitAt({ gitDir, workTree })),
  };
}

async function findMainWorktree(workTree: string, gitDir: string, commonDir: string): Promise<string> {
  if (gitDir === commonDir) return workTree;
  const candidate = dirname(commonDir);
  if (basename(commonDir) === ".git") return candidate;
  // A bare repository kept as `project/.bare`, with `project/.git` a file that names it.
  const named = await readGit(gitFrom(candidate, candidate), [
    "rev-parse",
    "--path-format=absolute",
    "--git-dir",
  ]).catch(() => join(candidate, ".git"));
  return (await realpath(named).catch(() => named)) === commonDir && findGitEntry(candidate)?.kind === "worktree"
    ? candidate
    : workTree;
}

export async function readHead(git: Git): Promise<Head> {
  const { stdout, code } = await git(["symbolic-ref", "--quiet", "HEAD"], { accept: [0, 1] });
  const branch = stdout
    .toString("utf8")
    .trim()
    .replace(/^refs\/heads\//, "");
  const commit = await findCommit(git, "HEAD");
  if (code === 1) return { kind: "detached", commit: commit ?? "" };
  return commit === undefined ? { kind: "unborn", branch } : { kind: "branch", branch, commit };
}

/** The commit a revision leads to, in full; undefined when there is none. */
export async function findCommit(git: Git, revision: string): Promise<string | undefined> {
  const query = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`];
  const { stdout, code } = await git(query, { accept: [0, 1, 128] });
  return code === 0 ? stdout.toString("utf8").trim() : undefined;
}

/** The commit of a branch; undefined when there is none. A tag or remote branch of the same name is no answer. */
export function findBranchCommit(git: Git, branch: string): Promise<string | undefined> {
  return findCommit(git, `refs/heads/${branch}`);
}

/** git's own word on a name; ask `findBranchFault` first, which is stricter. */
export async function isBranchName(git: Git, name: string): Promise<boolean> {
  // Takes no --end-of-options; a leading dash is refused by it, `@{-1}` would be expanded.
  if (name.startsWith("-") || name.includes("@{")) return false;
  return (await git(["check-ref-format", "--branch", name], { accept: [0, 1, 128, 129] })).code === 0;
}

export type GitVersion =
  | { readonly kind: "sufficient"; readonly version: string }
  | { readonly kind: "too-old"; readonly version: string; readonly needed: string }
  | { readonly kind: "missing" };

/** The first git with `merge-tree --write-tree`. */
const NEEDED = [2, 38] as const;

/** Whether the git of the PATH can merge without a checkout. */
export async function checkGitVersion(git: Git): Promise<GitVersion> {
  try {
    return judgeGitVersion(await readGit(git, ["--version"]));
  } catch (error) {
    if (error instanceof GitError && error.failure.kind === "not-found") return { kind: "missing" };
    throw error;
  }
}

/** `printed` is what `git --version` prints, vendors' additions included. */
export function judgeGitVersion(printed: string): GitVersion {
  const [version = printed, major = "0", minor = "0"] = /(\d+)\.(\d+)(?:\.\d+)*/.exec(printed) ?? [];
  const isEnough = Number(major) > NEEDED[0] || (Number(major) === NEEDED[0] && Number(minor) >= NEEDED[1]);
  return isEnough ? { kind: "sufficient", version } : { kind: "too-old", version, needed: NEEDED.join(".") };
}
