import { taskName } from "@orchastration/protocol";
import type { Base, Lease, Task } from "@orchastration/protocol/contract";
import type { Config } from "../../config/config.ts";
import { taskBranch } from "../../domain/branch-name.ts";
import { taskWorktreePath } from "./task-paths.ts";

/** A branch and what it points at. */
export interface BaseBranch {
  readonly branch: string;
  readonly base: Base;
}

export interface PlanLeaseDependencies {
  /** Where a new worktree would begin. @throws OrchastrationError WorktreeRefused, GitFailed, GitUnavailable */
  readonly chooseBase: (root: string, branch: string | null) => Promise<BaseBranch>;
  /** What a worktree that exists has checked out; null when its directory is not there. */
  readonly observeWorktree: (path: string) => Promise<Base | null>;
}

/** The worktree a task has, or will get, and what its agent starts from. Nothing is made yet. */
export async function planLease(
  { chooseBase, observeWorktree }: PlanLeaseDependencies,
  task: Task,
  root: string,
  config: Pick<Config, "worktrees" | "tasks">,
): Promise<{ readonly lease: Lease; readonly base: Base }> {
  if (task.lease !== null) {
    const { lease } = task;
    const base = (await observeWorktree(lease.path)) ?? (await chooseBase(root, lease.baseBranch)).base;
    return { lease, base };
  }
  const { branch: baseBranch, base } = await chooseBase(root, task.baseBranch);
  const path = taskWorktreePath(task, config);
  if (path === null || task.number === null) throw new Error(`task ${taskName(task)} has no place for a worktree`);
  const branch = taskBranch({ id: task.number, slug: task.slug });
  return { lease: { path, branch, baseBranch, baseCommit: base.commit, stage: "planned" }, base };
}
