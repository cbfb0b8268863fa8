import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { disarm } from "./local-commands.ts";
import { type Head, readHead } from "./repository.ts";
import { type GitPlace, gitAt, readItems, showPath } from "./run-git.ts";

export type Operation = "merge" | "rebase" | "cherry-pick" | "revert" | "bisect" | "am";

export interface WorktreeContent {
  readonly head: Head;
  /** Tracked files that differ from HEAD, staged or not. */
  readonly changed: readonly string[];
  /** Ends with a slash for a directory that is a repository of its own. */
  readonly untracked: readonly string[];
  /** A directory that is ignored as a whole is one entry, with a slash at its end. */
  readonly ignored: readonly string[];
  /** Tracked files git was told not to look at: their changes show nowhere. */
  readonly hidden: readonly string[];
  /** Submodules that are checked out here: repositories whose content git does not compare. */
  readonly submodules: readonly string[];
  /** What was begun and is not finished. */
  readonly operation: Operation | null;
  /** Another program changes the index just now, or died over it. */
  readonly isIndexLocked: boolean;
  /** Commits of HEAD that `base` has not, when a base was given and both exist. */
  readonly ahead: number | null;
}

const UNFINISHED: readonly (readonly [file: string, operation: Operation])[] = [
  ["rebase-merge", "rebase"],
  ["rebase-apply/applying", "am"],
  ["rebase-apply", "rebase"],
  ["MERGE_HEAD", "merge"],
  ["CHERRY_PICK_HEAD", "cherry-pick"],
  ["REVERT_HEAD", "revert"],
  ["BISECT_LOG", "bisect"],
];

/** What lies in a worktree that has been verified. Changes nothing, not even the index. @throws GitError */
export async function inspectWorktree(place: GitPlace & { workTree: string }, base?: string): Promise<WorktreeContent> {
  const { git } = await disarm(gitAt(place));
  const [head, status, entries] = await Promise.all([
    readHead(git),
    readItems(git, STATUS),
    readItems(git, ["ls-files", "-z", "-v", "--stage"]),
  ]);
  const named = (isWanted: (code: string) => boolean) =>
    status.filter((line) => isWanted(line.slice(0, 2))).map((line) => showPath(line.slice(3)));
  const tracked = entries.map(parseEntry);
  return {
    head,
    changed: named((code) => code !== "??" && code !== "!!"),
    untracked: named((code) => code === "??"),
    ignored: named((code) => code === "!!"),
    hidden: tracked.filter(({ tag, path }) => /[a-zS]/.test(tag) && existsBytes(place.workTree, path)).map(toName),
    submodules: tracked.filter(({ mode, path }) => mode === "160000" && isFilled(place.workTree, path)).map(toName),
    operation: findOperation(place.gitDir),
    isIndexLocked: existsSync(join(place.gitDir, "index.lock")),
    ahead: base === undefined || head.kind === "unborn" ? null : await countAhead(place, base),
  };
}

/** `--ignore-submodules=dirty`: git would run in the submodule, under the configuration there. */
const STATUS = [
  "status",
  "--porcelain=v1",
  "-z",
  "--no-renames",
  "--untracked-files=all",
  "--ignored=matching",
  "--ignore-submodules=dirty",
] as const;

export function findOperation(gitDir: string): Operation | null {
  return UNFINISHED.find(([file]) => existsSync(join(gitDir, file)))?.[1] ?? null;
}

interface IndexEntry {
  readonly tag: string;
  readonly mode: string;
  readonly path: string;
}

/** `H 100644 <id> 0\t<path>`; a small letter: assumed unchanged, S: skipped. Source: git-ls-files(1). */
function parseEntry(line: string): IndexEntry {
  const tab = line.indexOf("\t");
  const [tag = "", mode = ""] = line.slice(0, tab).split(" ");
  return { tag, mode, path: line.slice(tab + 1) };
}

function toName({ path }: IndexEntry): string {
  return showPath(path);
}

function absolute(workTree: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${workTree}/`), Buffer.from(path, "latin1")]);
}

function existsBytes(workTree: string, path: string): boolean {
  return existsSync(absolute(workTree, path));
}

function isFilled(workTree: string, path: string): boolean {
  try {
    return readdirSync(absolute(workTree, path)).length > 0;
  } catch {
    return false;
  }
}

async function countAhead(place: GitPlace, base: string): Promise<number | null> {
  const git = gitAt(place);
  const query = ["rev-list", "--count", "--end-of-options", `refs/heads/${base}..HEAD`];
  const { code, stdout } = await git(query, { accept: [0, 128] });
  return code === 0 ? Number(stdout.toString("utf8")) : null;
}
