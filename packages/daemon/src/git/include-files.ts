import { constants } from "node:fs";
import { copyFile, lstat, mkdir, readFile, readlink, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@orchastration/protocol";
import { type Git, type GitPlace, gitAt, readItems, showPath } from "./run-git.ts";

export interface IncludePlan {
  /** The checkout the files are taken from. */
  readonly from: GitPlace & { readonly workTree: string };
  /** The new worktree. */
  readonly to: string;
  /** `worktrees.include`, in git's language of ignore files; those of `.worktreeinclude` come on top. */
  readonly patterns: readonly string[];
  /** No further file is copied then. */
  readonly cancelled?: AbortSignal;
}

export interface IncludeProgress {
  readonly done: number;
  readonly total: number;
}

export interface IncludeReport {
  readonly copied: number;
  /** Stood there already, and were left as they are. */
  readonly kept: readonly string[];
  readonly failed: readonly { readonly path: string; readonly why: string }[];
}

/** As many as keep a disk busy, and leave the thread pool to others. */
const COPIES_AT_ONCE = 4;

/**
 * Copies ignored files that the patterns name: what git tracks is checked out already, what is neither tracked nor ignored is nobody's to copy.
 * Copy-on-write where the file system can. Nothing is overwritten; a link is copied as a link.
 * @throws GitError when git cannot list them
 */
export async function includeFiles(
  plan: IncludePlan,
  onProgress: (progress: IncludeProgress) => void = () => {},
): Promise<IncludeReport> {
  const paths = await listIncluded(plan);
  const report = { copied: 0, kept: [] as string[], failed: [] as { path: string; why: string }[] };
  let done = 0;
  const next = (): string | undefined => (plan.cancelled?.aborted === true ? undefined : paths.pop());
  const copyNext = async (): Promise<void> => {
    for (let path = next(); path !== undefined; path = next()) {
      try {
        if (await copyEntry(plan, path)) report.copied++;
        else report.kept.push(showPath(path));
      } catch (error) {
        report.failed.push({ path: showPath(path), why: messageOf(error) });
      }
      onProgress({ done: ++done, total });
    }
  };
  const total = paths.length;
  await Promise.all(Array.from({ length: COPIES_AT_ONCE }, copyNext));
  return report;
}

/** In git's order, as bytes. Both lists are git's own: the pattern language is its, and so is the word on what is ignored. */
async function listIncluded({ from, patterns }: IncludePlan): Promise<string[]> {
  const file = await readFile(join(from.workTree, ".worktreeinclude"), "utf8").catch(() => "");
  const lines = [...patterns, ...file.split(/\r?\n/)].filter((line) => line !== "" && !line.includes("\0"));
  if (lines.length === 0) return [];
  const git = gitAt(from);
  const others = ["ls-files", "-z", "--others", "--ignored"];
  const named = await readItems(git, [...others, ...lines.map((line) => `--exclude=${line}`)]);
  const ignored = await filterIgnored(git, named);
  return ignored.filter((path) => !path.endsWith("/") && !isOurs(path)).toReversed();
}

async function filterIgnored(git: Git, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const input = Buffer.from(`${paths.join("\0")}\0`, "latin1");
  return readItems(git, ["check-ignore", "-z", "--stdin"], { input, accept: [0, 1] });
}

/** Worktrees of other tasks lie in an ignored directory too. */
function isOurs(path: string): boolean {
  return path.startsWith(".orchastration/") || path === ".git" || path.startsWith(".git/");
}

/** False when something stands at the destination. */
async function copyEntry({ from, to }: IncludePlan, path: string): Promise<boolean> {
  const source = bytesPath(from.workTree, path);
  const target = bytesPath(to, path);
  const stats = await lstat(source);
  if (!stats.isFile() && !stats.isSymbolicLink()) throw new Error("neither a file nor a link");
  await requireDirectories(from.workTree, path, false);
  await requireDirectories(to, path, true);
  try {
    if (stats.isSymbolicLink()) await symlink(await readlink(source, { encoding: "buffer" }), target);
    else {
      await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      // Tools compare times to decide what to build again.
      await utimes(target, stats.atime, stats.mtime);
    }
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** A directory on the way that is a link would lead out of the worktree. */
async function requireDirectories(root: string, path: string, areMade: boolean): Promise<void> {
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
    const folder = bytesPath(root, path.slice(0, slash));
    if (areMade) await mkdir(folder).catch(() => {});
    if (!(await lstat(folder)).isDirectory())
      throw new Error(`${showPath(path.slice(0, slash))} is no directory, or a link to one`);
  }
}

function bytesPath(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
}
