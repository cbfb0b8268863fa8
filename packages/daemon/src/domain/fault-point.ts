/** Steps of a run. */
const RUN_STEPS = ["before-intent", "after-intent", "after-spawn", "after-exit", "after-outcome"] as const;

/** Steps of making a task's worktree. */
const WORKTREE_STEPS = ["before-worktree", "after-worktree"] as const;

/** Steps of a merge. */
export const MERGE_STEPS = ["dirty-included", "merge-computed", "merge-intended", "merge-applied"] as const;
export type MergeStep = (typeof MERGE_STEPS)[number];

/** Steps of the removal of a worktree. */
export const REMOVAL_STEPS = ["worktree-kept", "worktree-moved", "worktree-judged", "worktree-unlisted"] as const;
export type RemovalStep = (typeof REMOVAL_STEPS)[number];

/** Steps of what follows until a task is forgotten. */
export const FORGETTING_STEPS = ["worktree-removed", "branch-removed", "lease-released", "task-file-kept"] as const;

/** Steps between which a crash must lose nothing; crash tests end the processes exactly there. */
export const FAULT_POINTS = [
  ...RUN_STEPS,
  ...WORKTREE_STEPS,
  ...MERGE_STEPS,
  ...REMOVAL_STEPS,
  ...FORGETTING_STEPS,
] as const;

export type FaultPointName = (typeof FAULT_POINTS)[number];

/** Called at each step. Outside of crash tests it does nothing. */
export type FaultPoint = (name: FaultPointName) => void;
