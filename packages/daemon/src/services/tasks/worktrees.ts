import { dirname } from "node:path";
import { messageOf, OrchastrationError, taskName } from "@orchastration/protocol";
import type { Base, Lease, Task } from "@orchastration/protocol/contract";
import { DAEMON } from "../../domain/actors.ts";
import type { FaultPoint } from "../../domain/fault-point.ts";
import { changeTask } from "../../domain/task-machine.ts";
import { includeFiles } from "../../git/include-files.ts";
import { observeBase } from "../../git/observe-base.ts";
import { removeBranch, removeWorktree } from "../../git/remove-worktree.ts";
import { findBranchCommit, openRepository, type Repository } from "../../git/repository.ts";
import { gitAtCommonDir, readGit } from "../../git/run-git.ts";
import { addWorktree } from "../../git/worktree.ts";
import type { Log } from "../../logging/log.ts";
import type { Registry } from "../../registry/registry.ts";
import { StartFailure } from "../start-failure.ts";
import { explainWorktreeRefusal } from "./explain-worktree.ts";
import type { BaseBranch } from "./plan-lease.ts";
import { withGit } from "./with-git.ts";

/** The worktrees of tasks, as far as starting one goes. */
export interface TaskWorktrees {
  /** @throws OrchastrationError WorktreeRefused, GitFailed, GitUnavailable */
  chooseBase(root: string, branch: string | null): Promise<BaseBranch>;
  /** @throws OrchastrationError GitFailed when there is no such branch */
  requireBranch(root: string, branch: string): Promise<void>;
  /** Whether it is a repository without a checkout. */
  isBare(directory: string): Promise<boolean>;
  /** Null in a detached checkout, and outside of a repository. */
  currentBranch(directory: string): Promise<string | null>;
  observe(path: string): Promise<Base | null>;
  /** Answers whether it was made now. @throws StartFailure */
  ensure(task: Task, cancelled: AbortSignal): Promise<boolean>;
  /** Takes back what was made a moment ago. */
  undo(task: Task): Promise<void>;
  /** Answers a sentence for every file that could not be copied. */
  copyFiles(task: Task, patterns: readonly string[], cancelled: AbortSignal): Promise<readonly string[]>;
}

/** @throws OrchastrationError NoRepository, GitFailed, GitUnavailable */
export async function requireRepository(directory: string): Promise<Repository> {
  const opened = await withGit(() => openRepository(directory));
  switch (opened.kind) {
    case "opened":
      return opened.repository;
    case "none":
      throw new OrchastrationError("NoRepository", `${directory} lies in no git repository`);
    case "refused":
      throw new OrchastrationError("GitFailed", `git does not open the repository at ${opened.at}: ${opened.why}`);
  }
}

/** The lease and repository of a task that has them. */
export function requireLease(task: Task): { readonly lease: Lease; readonly root: string } {
  if (task.lease === null || task.repository === null) throw new Error(`task ${taskName(task)} has no worktree`);
  return { lease: task.lease, root: task.repository };
}

export function createTaskWorktrees({
  registry,
  faultPoint,
  log,
}: {
  readonly registry: Registry;
  readonly faultPoint: FaultPoint;
  readonly log: Log;
}): TaskWorktrees {
  async function commitAndTree(repository: Repository, branch: string): Promise<Base | undefined> {
    const git = gitAtCommonDir(repository.commonDir);
    const commit = await findBranchCommit(git, branch);
    if (commit === undefined) return undefined;
    const tree = await readGit(git, ["rev-parse", "--verify", "--end-of-options", `${commit}^{tree}`]);
    return { commit, tree, isDirty: false };
  }

  function release(task: Task): Promise<Task> {
    return registry.commit((tx) =>
      tx.tasks.apply(task.id, changeTask(task, { type: "release", backupRef: null }), DAEMON),
    );
  }

  async function giveUp(task: Task, why: string): Promise<never> {
    // What was only planned leaves nothing behind; the next start plans anew.
    if (requireLease(task).lease.stage === "planned") await release(task);
    throw new StartFailure("worktree", `its worktree could not be made: ${why}`);
  }

  return {
    async chooseBase(root, wanted) {
      const repository = await requireRepository(root);
      const { head } = repository;
      const branch = wanted ?? (head.kind === "detached" ? null : head.branch);
      if (branch === null) {
        throw new OrchastrationError(
          "WorktreeRefused",
          `no branch is checked out in ${root}, and the task names none`,
          {
            hint: "Name its base branch: `base_branch: main` in the task's file.",
          },
        );
      }
      const base = await withGit(() => commitAndTree(repository, branch));
      if (base !== undefined) return { branch, base };
      if (head.kind === "unborn" && head.branch === branch) {
        throw new OrchastrationError("WorktreeRefused", `the repository ${root} has no commit yet`, {
          hint: "Make the first one; a worktree begins at a commit.",
        });
      }
      throw noBranch(branch, root);
    },
    async requireBranch(root, branch) {
      const repository = await requireRepository(root);
      const { head } = repository;
      if (head.kind === "unborn" && head.branch === branch) return;
      if ((await withGit(() => commitAndTree(repository, branch))) === undefined) throw noBranch(branch, root);
    },
    async isBare(directory) {
      const opened = await withGit(() => openRepository(directory));
      return opened.kind === "opened" && opened.repository.isBare;
    },
    async currentBranch(directory) {
      const { head } = await requireRepository(directory);
      return head.kind === "detached" ? null : head.branch;
    },
    async observe(path) {
      return observeBase(path);
    },
    async ensure(task, cancelled) {
      const { lease, root } = requireLease(task);
      const repository = await requireRepository(root);
      const git = gitAtCommonDir(repository.commonDir);
      const tip = await findBranchCommit(git, lease.branch);
      faultPoint("before-worktree");
      const added = await addWorktree(
        {
          commonDir: repository.commonDir,
          worktreesRoot: dirname(lease.path),
          path: lease.path,
          branch: lease.branch,
          baseCommit: lease.baseCommit,
          task: taskName(task),
          // A branch that stands where ours begins holds nothing that could be taken for somebody else's work.
          isBranchOurs: lease.stage !== "planned" || tip === lease.baseCommit,
        },
        cancelled,
      ).catch((error: unknown) => giveUp(task, messageOf(error)));
      faultPoint("after-worktree");
      switch (added.kind) {
        case "refused":
          return giveUp(task, explainWorktreeRefusal(added.refusal));
        case "failed":
          return giveUp(task, [added.why, ...added.left.map((path) => `${path} was left`)].join("; "));
        case "already-there":
        case "added":
          if (added.disabledFilters.length > 0) {
            const filters = added.disabledFilters.join(", ");
            log.warn("filters.disabled", `filters of the repository's own configuration were not run: ${filters}`, {
              task: task.id,
            });
          }
          // Made anew where its directory had been removed by hand: it has to be prepared again.
          if (added.kind === "added" || lease.stage === "planned") {
            await registry.commit((tx) => tx.tasks.apply(task.id, changeTask(task, { type: "made" }), DAEMON));
          }
          return added.kind === "added";
      }
    },
    async undo(task) {
      const { lease, root } = requireLease(task);
      const { commonDir } = await requireRepository(root);
      const plan = {
        commonDir,
        worktreesRoot: dirname(lease.path),
        path: lease.path,
        branch: lease.branch,
        task: taskName(task),
        hasLiveSession: () => false,
      };
      const removal = await removeWorktree(plan);
      if (removal.kind === "stays") return;
      await removeBranch(commonDir, lease.branch, plan.task);
      await release(registry.tasks.get(task.id));
    },
    async copyFiles(task, patterns, cancelled) {
      const { lease, root } = requireLease(task);
      const repository = await requireRepository(root);
      const { gitDir, workTree } = repository;
      if (workTree === null) return [];
      const { failed } = await includeFiles({ from: { gitDir, workTree }, to: lease.path, patterns, cancelled });
      return failed.map(({ path, why }) => `${path}: ${why}`);
    },
  };
}

function noBranch(branch: string, root: string): OrchastrationError {
  return new OrchastrationError("GitFailed", `the repository ${root} has no branch "${branch}"`, {
    hint: "`git branch --list` shows its branches.",
  });
}
