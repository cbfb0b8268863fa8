/** Steps of a run. */
export const RUN_STEPS = ["before-intent", "after-intent", "after-spawn", "after-exit", "after-outcome"] as const;

/** Steps of a commit of the registry. */
export const COMMIT_STEPS = ["before-commit", "after-commit", "before-publish"] as const;
export type CommitStep = (typeof COMMIT_STEPS)[number];

/** Steps of making a task's worktree. */
export const WORKTREE_STEPS = ["before-worktree", "after-worktree"] as const;

/** Steps of a merge. */
export const MERGE_STEPS = ["dirty-included", "merge-computed", "merge-intended", "merge-applied"] as const;
export type MergeStep = (typeof MERGE_STEPS)[number];

/** Steps of the removal of a worktree. */
export const REMOVAL_STEPS = ["worktree-kept", "worktree-moved", "worktree-judged", "worktree-unlisted"] as const;
export type RemovalStep = (typeof REMOVAL_STEPS)[number];

/** Steps of what follows until a task is forgotten. */
export const FORGETTING_STEPS = ["worktree-removed", "branch-removed", "lease-released", "task-file-kept"] as const;

/** Steps between which a crash or an error must lose nothing; tests end the processes, or throw, exactly there. */
export const FAULT_POINTS = [
  ...RUN_STEPS,
  ...COMMIT_STEPS,
  ...WORKTREE_STEPS,
  ...MERGE_STEPS,
  ...REMOVAL_STEPS,
  ...FORGETTING_STEPS,
] as const;

export type FaultPointName = (typeof FAULT_POINTS)[number];

/** Called at each step. Outside of tests it does nothing. @throws the error that a test wants there */
export type FaultPoint = (name: FaultPointName) => void;
