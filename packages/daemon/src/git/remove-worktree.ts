import { randomBytes } from "node:crypto";
import type { Dirent } from "node:fs";
import { readdir, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import type { RemovalStep } from "../domain/fault-point.ts";
import { keepBranch, keepCommit, keepWorktree } from "./backup-ref.ts";
import { inspectWorktree, type Operation, type WorktreeContent } from "./inspect-worktree.ts";
import { findBranchCommit, findCommit } from "./repository.ts";
import { type Git, gitAt, gitAtCommonDir } from "./run-git.ts";
import { removeTree, sweepRemovals } from "./sweep-removals.ts";
import { liesDirectlyIn, removeEntry } from "./worktree.ts";
import { listWorktrees, verifyWorktree } from "./worktree-list.ts";

export interface RemovalPlan {
  readonly commonDir: string;
  readonly worktreesRoot: string;
  /** As registered. */
  readonly path: string;
  readonly branch: string;
  readonly task: string;
  /** Asked at the last moment, and again when the directory has been moved away. */
  readonly hasLiveSession: () => boolean;
}

/** Why a worktree stays. */
export type RemovalRefusal =
  | { readonly kind: "session-lives" }
  | { readonly kind: "outside-root"; readonly root: string }
  | { readonly kind: "not-listed" }
  | { readonly kind: "quarantined"; readonly why: string }
  | { readonly kind: "locked"; readonly why: string }
  | { readonly kind: "uncommitted"; readonly changed: readonly string[]; readonly untracked: readonly string[] }
  | { readonly kind: "hidden-changes"; readonly files: readonly string[] }
  | { readonly kind: "operation-unfinished"; readonly operation: Operation }
  | { readonly kind: "index-locked"; readonly lock: string }
  | { readonly kind: "submodules"; readonly paths: readonly string[] }
  /** Repositories in ignored directories, whose commits may exist nowhere else. */
  | { readonly kind: "nested-repositories"; readonly paths: readonly string[] }
  | { readonly kind: "not-movable"; readonly why: string };

export type RemovalVerdict =
  | { readonly kind: "removable"; readonly gitDir: string; readonly ignored: readonly string[] }
  /** The directory was removed by hand: only git's entry is left. */
  | { readonly kind: "gone"; readonly gitDir: string | undefined }
  | { readonly kind: "stays"; readonly refusal: RemovalRefusal };

export type Removal =
  | {
      readonly kind: "removed";
      /** What to look at to get the work back: `git branch <name> <ref>`. */
      readonly backups: readonly string[];
      /** A directory that could not be emptied; nothing uncommitted is in it. */
      readonly left: string | undefined;
    }
  | { readonly kind: "stays"; readonly refusal: RemovalRefusal };

/** Whether a worktree may go, by every condition there is. Changes nothing. @throws GitError: what cannot be looked at stays */
export async function judgeRemoval(plan: RemovalPlan): Promise<RemovalVerdict> {
  const stays = (refusal: RemovalRefusal): RemovalVerdict => ({ kind: "stays", refusal });
  if (plan.hasLiveSession()) return stays({ kind: "session-lives" });
  if (!(await liesDirectlyIn(plan.path, plan.worktreesRoot)))
    return stays({ kind: "outside-root", root: plan.worktreesRoot });
  const git = gitAtCommonDir(plan.commonDir);
  const listed = (await listWorktrees(git)).find(({ path }) => path === plan.path);
  if (listed !== undefined && listed.lock !== null) return stays({ kind: "locked", why: listed.lock });
  const state = await verifyWorktree(plan.commonDir, plan.path);
  if (state.kind === "quarantined") return stays({ kind: "quarantined", why: state.why });
  if (state.kind === "missing") return { kind: "gone", gitDir: listed === undefined ? undefined : state.gitDir };
  if (listed === undefined) return stays({ kind: "not-listed" });
  const content = await inspectWorktree({ gitDir: state.gitDir, workTree: plan.path });
  const refusal = judgeContent(content, state.gitDir) ?? (await findNested(plan.path, content.ignored, state.gitDir));
  return refusal === undefined ? { kind: "removable", gitDir: state.gitDir, ignored: content.ignored } : stays(refusal);
}

function judgeContent(content: WorktreeContent, gitDir: string): RemovalRefusal | undefined {
  const { changed, untracked, hidden, submodules, operation } = content;
  if (content.isIndexLocked) return { kind: "index-locked", lock: join(gitDir, "index.lock") };
  if (operation !== null) return { kind: "operation-unfinished", operation };
  if (changed.length > 0 || untracked.length > 0) return { kind: "uncommitted", changed, untracked };
  if (hidden.length > 0) return { kind: "hidden-changes", files: hidden };
  return submodules.length > 0 ? { kind: "submodules", paths: submodules } : undefined;
}

async function findNested(
  path: string,
  ignored: readonly string[],
  gitDir: string,
): Promise<RemovalRefusal | undefined> {
  const folders = ignored.filter((name) => name.endsWith("/")).map((name) => join(path, name));
  const paths = (await Promise.all(folders.map(findRepositories))).flat();
  if (paths.length > 0) return { kind: "nested-repositories", paths };
  // Repositories of submodules that were checked out here once live in git's directory of the worktree, and go with it.
  const modules = join(gitDir, "modules");
  return (await findRepositories(modules)).length > 0 ? { kind: "submodules", paths: [modules] } : undefined;
}

/** Directories that are a repository or hold a `.git`; links are not followed. */
async function findRepositories(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  const names = new Set(entries.map(({ name }) => name));
  if (names.has(".git") || (names.has("HEAD") && names.has("objects") && names.has("refs"))) return [folder];
  const found: string[] = [];
  for (const entry of entries)
    if (entry.isDirectory()) found.push(...(await findRepositories(join(folder, entry.name))));
  return found;
}

/**
 * Removes a worktree when every condition holds. Its head, and whatever its logs alone still reach, is under backup refs before; the directory is
 * moved away first and looked at once more, so that what is written meanwhile is seen. The branch stays: see {@link removeBranch}.
 */
export async function removeWorktree(
  plan: RemovalPlan,
  onStep: (step: RemovalStep) => void = () => {},
): Promise<Removal> {
  await sweepRemovals(plan.worktreesRoot, basename(plan.path));
  const verdict = await judgeRemoval(plan);
  if (verdict.kind === "stays") return verdict;
  const git = gitAtCommonDir(plan.commonDir);
  const backups = await keepAll(git, plan, verdict.gitDir);
  onStep("worktree-kept");
  if (verdict.kind === "gone") {
    if (verdict.gitDir !== undefined) await removeEntry(git, plan.path);
    return { kind: "removed", backups, left: undefined };
  }
  const suffix = `${basename(plan.path)}-${randomBytes(4).toString("hex")}`;
  const leaving = join(plan.worktreesRoot, `.leaving-${suffix}`);
  const problem = await rename(plan.path, leaving).then(() => undefined, String);
  if (problem !== undefined) return { kind: "stays", refusal: { kind: "not-movable", why: problem } };
  onStep("worktree-moved");
  const late = await judgeAgain(plan, verdict.gitDir, leaving);
  if (late !== undefined) {
    await rename(leaving, plan.path);
    return { kind: "stays", refusal: late };
  }
  const removed = join(plan.worktreesRoot, `.removed-${suffix}`);
  await rename(leaving, removed);
  onStep("worktree-judged");
  await removeEntry(git, plan.path);
  onStep("worktree-unlisted");
  return { kind: "removed", backups, left: (await removeTree(removed)) ? undefined : removed };
}

async function judgeAgain(plan: RemovalPlan, gitDir: string, workTree: string): Promise<RemovalRefusal | undefined> {
  if (plan.hasLiveSession()) return { kind: "session-lives" };
  try {
    return judgeContent(await inspectWorktree({ gitDir, workTree }), gitDir);
  } catch (error) {
    return { kind: "quarantined", why: String(error) };
  }
}

async function keepAll(git: Git, { branch, task }: RemovalPlan, gitDir: string | undefined): Promise<string[]> {
  const head = await findBranchCommit(git, branch);
  const refs = head === undefined ? [] : [(await keepCommit(git, task, head)).ref];
  if (gitDir === undefined) return refs;
  const place = { gitDir, workTree: null };
  // HEAD may stand on a commit of no branch, or of another one that goes later.
  const own = await findCommit(gitAt(place), "HEAD");
  if (own !== undefined && own !== head) refs.push((await keepCommit(git, task, own)).ref);
  return [...refs, ...(await keepWorktree(place, task, branch))];
}

export type BranchRemoval =
  | { readonly kind: "removed"; readonly backups: readonly string[] }
  | { readonly kind: "absent" }
  | { readonly kind: "checked-out"; readonly path: string }
  /** It got a commit between keeping and removing. */
  | { readonly kind: "moved"; readonly commit: string };

/** Removes a branch whose head has been put under a backup ref. */
export async function removeBranch(commonDir: string, branch: string, task: string): Promise<BranchRemoval> {
  const git = gitAtCommonDir(commonDir);
  const commit = await findBranchCommit(git, branch);
  if (commit === undefined) return { kind: "absent" };
  const holder = (await listWorktrees(git)).find((each) => each.branch === branch);
  if (holder !== undefined) return { kind: "checked-out", path: holder.path };
  const backups = [(await keepCommit(git, task, commit)).ref, ...(await keepBranch(git, task, branch))];
  const removal = ["update-ref", "-d", "--end-of-options", `refs/heads/${branch}`, commit];
  const { code } = await git(removal, { isWrite: true, accept: [0, 1, 128] });
  if (code === 0) return { kind: "removed", backups };
  return { kind: "moved", commit: (await findBranchCommit(git, branch)) ?? commit };
}
