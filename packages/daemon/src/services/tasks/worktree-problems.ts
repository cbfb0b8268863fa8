import { taskName } from "@orchastration/protocol";
import type { Task } from "@orchastration/protocol/contract";
import type { MadeWorktree, WorktreeStanding } from "../../git/standing.ts";

export interface WorktreeProblem {
  readonly task: string;
  /** Path of the worktree. */
  readonly file: string;
  readonly message: string;
}

/** Finds what somebody did by hand to the worktrees and branches of tasks. Starts no git. */
export type FindWorktreeProblems = (root: string, tasks: readonly Task[]) => Promise<readonly WorktreeProblem[]>;

export interface WorktreeProblemsDependencies {
  readonly findCommonDir: (root: string) => Promise<string | undefined>;
  readonly observeStanding: (
    commonDir: string,
    worktrees: readonly MadeWorktree[],
  ) => Promise<readonly WorktreeStanding[]>;
}

export function createFindWorktreeProblems(deps: WorktreeProblemsDependencies): FindWorktreeProblems {
  return async (root, tasks) => {
    const worked = tasks.flatMap((task) => {
      const { lease } = task;
      // What is being made is not there yet, and of what is merged nothing needs to be.
      const isMeant = lease !== null && lease.stage !== "planned" && task.state.status !== "merged";
      return isMeant ? [{ task, path: lease.path, branch: lease.branch }] : [];
    });
    const commonDir = worked.length === 0 ? undefined : await deps.findCommonDir(root);
    if (commonDir === undefined) return [];
    const standings = await deps.observeStanding(commonDir, worked);
    return worked.flatMap(({ task, path, branch }, n) => {
      const standing = standings[n];
      const message = standing === undefined ? undefined : describe(task, branch, standing);
      return message === undefined ? [] : [{ task: task.id, file: path, message }];
    });
  };
}

function describe(
  task: Task,
  branch: string,
  { isThere, hasBranch, checkedOut }: WorktreeStanding,
): string | undefined {
  const name = taskName(task);
  if (!hasBranch) return `the branch ${branch} of task ${name} is gone`;
  if (!isThere) {
    const isStarted = task.state.status === "running" || task.state.status === "idle";
    const stop = isStarted ? `\`orchastration stop ${name}\`, then ` : "";
    return `the worktree of task ${name} is gone: ${stop}\`orchastration start ${name}\` makes it anew`;
  }
  if (checkedOut === undefined || checkedOut === branch) return undefined;
  const found = checkedOut ?? "no branch";
  return `the worktree of task ${name} has ${found} checked out: \`git switch ${branch}\` brings its own back`;
}
