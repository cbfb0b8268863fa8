import type { MergeStep } from "../domain/fault-point.ts";
import { type AppliedMerge, applyMerge, type CheckoutRefusal } from "./apply-merge.ts";
import { type CommitProblem, createCommitter } from "./commit.ts";
import { type CommitRefusal, commitEverything } from "./commit-everything.ts";
import { inspectWorktree, type Operation } from "./inspect-worktree.ts";
import { disarm } from "./local-commands.ts";
import { type Conflict, withMergeTrees } from "./merge-trees.ts";
import { isSquashedInto, listChanges, replayCommits } from "./replay-commits.ts";
import { checkGitVersion, findBranchCommit, findCommit, type Repository } from "./repository.ts";
import { type Git, gitAtCommonDir, readGit } from "./run-git.ts";
import { verifyWorktree } from "./worktree-list.ts";

export type MergeStrategy = "squash" | "rebase" | "merge";

export interface MergePlan {
  readonly repository: Pick<Repository, "root" | "commonDir" | "isBare" | "isShallow">;
  /** Of the task; its directory need not be there any more. */
  readonly worktree: string;
  readonly branch: string;
  /** Where the branch began. */
  readonly startCommit: string;
  /** The branch that gets the work. */
  readonly base: string;
  readonly strategy: MergeStrategy;
  /** Of the squashed commit or the merge commit, and of the one that `hasDirtyIncluded` makes. */
  readonly message: string;
  /** Commits what is uncommitted or untracked in the worktree first. */
  readonly hasDirtyIncluded: boolean;
}

/** What is recorded before a ref moves, and tells after a crash whether it did. */
export interface MergeIntent {
  readonly base: string;
  readonly baseOld: string;
  readonly head: string;
  readonly result: string;
  readonly strategy: MergeStrategy;
}

export type MergeRefusal =
  | Exclude<Awaited<ReturnType<typeof checkGitVersion>>, { kind: "sufficient" }>
  | { readonly kind: "base-missing"; readonly base: string }
  | { readonly kind: "branch-missing"; readonly branch: string }
  | { readonly kind: "nothing-to-merge"; readonly why: "no-commits" | "no-changes" }
  | {
      readonly kind: "already-merged";
      readonly how: "ancestor" | "same-content" | "squashed";
      readonly head: string;
      readonly base: string;
    }
  | { readonly kind: "unrelated-histories"; readonly isShallow: boolean }
  | { readonly kind: "conflict"; readonly files: readonly Conflict[]; readonly commit: string | null }
  | { readonly kind: "worktree-quarantined"; readonly path: string; readonly why: string }
  | {
      readonly kind: "worktree-dirty";
      readonly path: string;
      readonly changed: readonly string[];
      readonly untracked: readonly string[];
    }
  | {
      readonly kind: "worktree-elsewhere";
      readonly path: string;
      readonly branch: string | null;
      readonly commit: string | null;
    }
  | { readonly kind: "operation-unfinished"; readonly path: string; readonly operation: Operation }
  | { readonly kind: "index-locked"; readonly path: string }
  | { readonly kind: "base-keeps-moving"; readonly base: string; readonly attempts: number }
  | CommitProblem
  | CommitRefusal
  | CheckoutRefusal;

export type Merge =
  | {
      readonly kind: "merged";
      readonly intent: MergeIntent;
      readonly commits: number;
      readonly checkout: string | null;
    }
  | { readonly kind: "refused"; readonly refusal: MergeRefusal };

export interface MergeHooks {
  /** Durable when it resolves: only then is anything moved. Called anew for each attempt. */
  recordIntent(intent: MergeIntent): Promise<void>;
  onStep?(step: MergeStep): void;
}

/** Somebody commits to the base between computing and moving it: as often as that is worth another try. */
const ATTEMPTS = 3;

/**
 * Brings a task's commits to its base, or refuses and changes nothing (but for the commit of uncommitted work, when that was asked for).
 * @throws GitError for what nothing speaks against and git cannot do
 */
export async function mergeTask(plan: MergePlan, { recordIntent, onStep = () => {} }: MergeHooks): Promise<Merge> {
  const git = gitAtCommonDir(plan.repository.commonDir);
  const version = await checkGitVersion(git);
  if (version.kind !== "sufficient") return refused(version);
  const refusal = await prepareWorktree(plan, onStep);
  if (refusal !== undefined) return refused(refusal);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const computed = await computeMerge(plan);
    if (computed.kind === "refused") return computed;
    onStep("merge-computed");
    const { intent, commits } = computed;
    const applied = await applyMerge(git, plan.repository, intent, async () => {
      await recordIntent(intent);
      onStep("merge-intended");
    });
    if (applied.kind === "refused") return applied;
    if (applied.kind === "base-moved") continue;
    onStep("merge-applied");
    return { kind: "merged", intent, commits, checkout: checkoutOf(applied) };
  }
  return refused({ kind: "base-keeps-moving", base: plan.base, attempts: ATTEMPTS });
}

function checkoutOf(applied: Extract<AppliedMerge, { kind: "applied" }>): string | null {
  return applied.checkout;
}

function refused(refusal: MergeRefusal): { readonly kind: "refused"; readonly refusal: MergeRefusal } {
  return { kind: "refused", refusal };
}

/** What speaks against merging in the task's own worktree; uncommitted work is committed when that was asked for. */
async function prepareWorktree(plan: MergePlan, onStep: (step: MergeStep) => void): Promise<MergeRefusal | undefined> {
  const path = plan.worktree;
  const state = await verifyWorktree(plan.repository.commonDir, path);
  if (state.kind === "missing") return undefined;
  if (state.kind === "quarantined") return { kind: "worktree-quarantined", path, why: state.why };
  const place = { gitDir: state.gitDir, workTree: path };
  const content = await inspectWorktree(place);
  if (content.isIndexLocked) return { kind: "index-locked", path };
  if (content.operation !== null) return { kind: "operation-unfinished", path, operation: content.operation };
  const { head, changed, untracked } = content;
  // A deleted branch leaves a HEAD without commits: what is missing then is said by computeMerge.
  if (head.kind === "detached") return { kind: "worktree-elsewhere", path, branch: null, commit: head.commit };
  if (head.branch !== plan.branch) return { kind: "worktree-elsewhere", path, branch: head.branch, commit: null };
  if (head.kind === "unborn" || (changed.length === 0 && untracked.length === 0)) return undefined;
  if (!plan.hasDirtyIncluded) return { kind: "worktree-dirty", path, changed, untracked };
  const problem = await commitEverything(place, plan.message, untracked);
  if (problem === undefined) onStep("dirty-included");
  return problem;
}

type ComputedMerge =
  | { readonly kind: "computed"; readonly intent: MergeIntent; readonly commits: number }
  | { readonly kind: "refused"; readonly refusal: MergeRefusal };

/** The commit the base would move to, made without reading or touching any checkout or ref. @throws GitError */
async function computeMerge(plan: MergePlan): Promise<ComputedMerge> {
  const { branch, base, repository, strategy } = plan;
  const git = gitAtCommonDir(repository.commonDir);
  const [baseOld, head] = await Promise.all([findBranchCommit(git, base), findBranchCommit(git, branch)]);
  if (baseOld === undefined) return refused({ kind: "base-missing", base });
  if (head === undefined) return refused({ kind: "branch-missing", branch });
  const commits = Number(await readGit(git, ["rev-list", "--count", `${baseOld}..${head}`]));
  const already = (how: "ancestor" | "same-content" | "squashed") =>
    refused({ kind: "already-merged", how, head, base: baseOld });
  if (commits === 0) {
    return head === plan.startCommit ? refused({ kind: "nothing-to-merge", why: "no-commits" }) : already("ancestor");
  }
  const parting = await findParting(git, baseOld, head);
  if (parting === undefined) return refused({ kind: "unrelated-histories", isShallow: repository.isShallow });
  if ((await listChanges(git, parting, head)).length === 0)
    return refused({ kind: "nothing-to-merge", why: "no-changes" });

  const disarmed = await disarm(git);
  return withMergeTrees(repository.commonDir, baseOld, disarmed, async (merge) => {
    const merged = await merge(baseOld, head);
    if (merged.kind === "conflict") {
      if (await isSquashedInto(git, { base: baseOld, head, parting })) return already("squashed");
      return refused({ ...merged, commit: null });
    }
    if (merged.tree === (await readGit(git, ["rev-parse", `${baseOld}^{tree}`]))) return already("same-content");
    const commit = await createCommitter(disarmed);
    if (typeof commit !== "function") return refused(commit);
    const computed = (result: string): ComputedMerge => ({
      kind: "computed",
      intent: { base, baseOld, head, result, strategy },
      commits,
    });
    if (strategy === "rebase") {
      const replayed = await replayCommits(git, merge, commit, { onto: baseOld, head });
      if (replayed.kind !== "replayed") return refused(replayed);
      return replayed.tip === baseOld ? already("same-content") : computed(replayed.tip);
    }
    const parents = strategy === "merge" ? [baseOld, head] : [baseOld];
    const made = await commit({ tree: merged.tree, parents, message: plan.message });
    return made.kind === "committed" ? computed(made.commit) : refused(made);
  });
}

async function findParting(git: Git, base: string, head: string): Promise<string | undefined> {
  const { code, stdout } = await git(["merge-base", base, head], { accept: [0, 1] });
  return code === 0 ? stdout.toString("utf8").trim() : undefined;
}

export type RecognizedMerge =
  /** The base has the result. */
  | { readonly kind: "applied" }
  /** The base is where it was. */
  | { readonly kind: "not-applied" }
  /** The base went elsewhere without the result. */
  | { readonly kind: "base-moved"; readonly to: string | null };

/** What became of a merge whose intent was recorded, and of whose end nobody heard. @throws GitError */
export async function recognizeMerge(
  commonDir: string,
  { base, baseOld, result }: MergeIntent,
): Promise<RecognizedMerge> {
  const git = gitAtCommonDir(commonDir);
  const now = await findBranchCommit(git, base);
  if (now === baseOld) return { kind: "not-applied" };
  if (now === undefined || (await findCommit(git, result)) === undefined)
    return { kind: "base-moved", to: now ?? null };
  const { code } = await git(["merge-base", "--is-ancestor", result, now], { accept: [0, 1] });
  return code === 0 ? { kind: "applied" } : { kind: "base-moved", to: now };
}
