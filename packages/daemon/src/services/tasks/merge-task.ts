import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Actor, MergeIntent, Params, Result, Task } from "@orchastration/protocol/contract";
import type { Config } from "../../config/config.ts";
import { DAEMON } from "../../domain/actors.ts";
import type { FaultPoint } from "../../domain/fault-point.ts";
import { advanceTask, changeTask, requireTaskTransition } from "../../domain/task-machine.ts";
import { type MergeIntent as GitIntent, type MergePlan, mergeTask, recognizeMerge } from "../../git/merge.ts";
import { findBranchCommit } from "../../git/repository.ts";
import { resolveInWorktree } from "../../git/resolve-in-worktree.ts";
import { gitAtCommonDir } from "../../git/run-git.ts";
import type { Registry } from "../../registry/registry.ts";
import type { TaskFile } from "../../task-files/read-task-file.ts";
import { mergeRefused } from "./explain-merge.ts";
import type { FoundTask, KnownTasks } from "./known-tasks.ts";
import type { StopTask } from "./stop-task.ts";
import { taskFilePath } from "./task-paths.ts";
import { isLive, type TaskViews } from "./task-views.ts";
import type { Turns } from "./turns.ts";
import { withGit } from "./with-git.ts";
import { requireLease, requireRepository } from "./worktrees.ts";

export interface MergeTask {
  merge(params: Params<"task.merge">, actor: Actor): Promise<Result<"task.merge">>;
  /** Finds out what became of a merge that a crash interrupted, and answers the task as it is then. */
  recognize(task: Task): Promise<Task>;
  /** The same for every task, when a daemon begins. */
  recognizeAll(): Promise<void>;
}

export interface MergeTaskDependencies {
  readonly registry: Registry;
  readonly knownTasks: KnownTasks;
  readonly views: TaskViews;
  readonly turns: Turns;
  readonly stopTask: Pick<StopTask, "stopSession">;
  readonly readTaskFile: (path: string) => Promise<TaskFile>;
  readonly now: () => Date;
  readonly faultPoint: FaultPoint;
  readonly onTrouble: (task: Task, error: unknown) => void;
}

export function createMergeTask(deps: MergeTaskDependencies): MergeTask {
  const { registry, knownTasks, views, turns, stopTask, readTaskFile, now, faultPoint, onTrouble } = deps;

  function record(task: Task, merge: MergeIntent, actor: Actor): Promise<Task> {
    const trigger = { type: "merge", merge, mergedAt: now().toISOString() } as const;
    return registry.commit((tx) => tx.tasks.apply(task.id, advanceTask(tx.tasks.get(task.id), trigger), actor));
  }

  function abandon(task: Task, reason: string): Promise<Task> {
    return registry.commit((tx) => tx.tasks.apply(task.id, changeTask(task, { type: "abandonMerge", reason }), DAEMON));
  }

  async function recognize(task: Task): Promise<Task> {
    const { mergeIntent: intent, repository } = task;
    if (intent === null || repository === null) return task;
    const { commonDir } = await requireRepository(repository);
    const found = await withGit(() => recognizeMerge(commonDir, toGit(intent)));
    switch (found.kind) {
      case "applied":
        return (await hasGoneOn(task, intent, commonDir))
          ? abandon(task, `${intent.into} has it, and the task has gone on since`)
          : record(task, intent, DAEMON);
      case "not-applied":
        return abandon(task, `${intent.into} had not moved`);
      case "base-moved":
        return abandon(task, `${intent.into} moved elsewhere${found.to === null ? "" : `, to ${found.to}`}`);
    }
  }

  /** What was added since is not merged. */
  async function hasGoneOn({ state, lease }: Task, { head }: MergeIntent, commonDir: string): Promise<boolean> {
    if (state.status !== "completed" && state.status !== "reviewed") return true;
    if (lease === null) return false;
    const tip = await withGit(() => findBranchCommit(gitAtCommonDir(commonDir), lease.branch));
    return tip !== undefined && tip !== head;
  }

  async function mergeFound(
    found: FoundTask,
    params: Params<"task.merge">,
    actor: Actor,
  ): Promise<Result<"task.merge">> {
    const task = await recognize(found.task);
    if (task.state.status === "merged" && found.task.mergeIntent !== null) {
      return { task: views.show(task, found), outcome: { kind: "merged", ...found.task.mergeIntent, checkout: null } };
    }
    requireTaskTransition(task, "merge");
    await requireQuiet(task, params.stop === true, actor);
    const plan = await planOf(task, found, params);
    return params.resolve === true ? resolve(task, found, plan) : bringHome(task, found, plan, actor);
  }

  async function requireQuiet(task: Task, mayStop: boolean, actor: Actor): Promise<void> {
    if (!isLive(registry, task)) return;
    if (mayStop) return stopTask.stopSession(task, { kill: false }, actor);
    const name = taskName(task);
    throw new OrchastrationError("TaskSessionLive", `task ${name} cannot be merged: its session is live`, {
      hint: `\`orchastration merge ${name} --stop\` ends it first.`,
    });
  }

  async function planOf(task: Task, { loaded }: FoundTask, params: Params<"task.merge">): Promise<MergePlan> {
    if (task.kind === "configured") throw notMergeable(task);
    if (task.lease === null) throw mergeRefused(task, { kind: "nothing-to-merge", why: "no-commits" });
    const { lease, root } = requireLease(task);
    const base = params.into ?? lease.baseBranch;
    requireUnprotected(task, base, loaded.config);
    return {
      repository: await requireRepository(root),
      worktree: lease.path,
      branch: lease.branch,
      startCommit: lease.baseCommit,
      base,
      strategy: params.strategy ?? loaded.config.merge.strategy,
      message: await messageOf(task),
      hasDirtyIncluded: params.includeDirty === true,
    };
  }

  async function messageOf(task: Task): Promise<string> {
    const path = taskFilePath(task);
    const body = path === null ? "" : (await readTaskFile(path)).body.trim();
    return body === "" ? `${task.title}\n` : `${task.title}\n\n${body}\n`;
  }

  async function bringHome(task: Task, found: FoundTask, plan: MergePlan, actor: Actor): Promise<Result<"task.merge">> {
    const merge = await withGit(() =>
      mergeTask(plan, {
        async recordIntent(intent) {
          await registry.commit((tx) =>
            tx.tasks.apply(task.id, changeTask(task, { type: "intendMerge", intent: fromGit(intent) }), actor),
          );
        },
        onStep: faultPoint,
      }),
    ).catch(async (error: unknown) => {
      await recognize(registry.tasks.get(task.id));
      throw error;
    });
    if (merge.kind === "refused") {
      await recognize(registry.tasks.get(task.id));
      throw mergeRefused(task, merge.refusal);
    }
    const intent = fromGit(merge.intent);
    const merged = await record(task, intent, actor);
    return { task: views.show(merged, found), outcome: { kind: "merged", ...intent, checkout: merge.checkout } };
  }

  async function resolve(task: Task, found: FoundTask, plan: MergePlan): Promise<Result<"task.merge">> {
    const resolution = await withGit(() => resolveInWorktree(plan));
    if (resolution.kind === "refused") throw mergeRefused(task, resolution.refusal);
    const conflicts = resolution.kind === "conflict-left" ? [...resolution.files] : [];
    return { task: views.show(task, found), outcome: { kind: "resolving", worktree: plan.worktree, conflicts } };
  }

  return {
    async merge(params, actor) {
      const { task } = await knownTasks.get(params.context, params.task);
      // One merge of a repository after another: the second sees where the first has moved the base.
      return turns.inTurn(`merge:${task.repository}`, () =>
        turns.inTurn(task.id, async () => mergeFound(await knownTasks.get(params.context, task.id), params, actor)),
      );
    },
    recognize,
    async recognizeAll() {
      for (const task of registry.tasks.listAll()) {
        if (task.mergeIntent !== null) await recognize(task).catch((error: unknown) => onTrouble(task, error));
      }
    },
  };
}

function toGit({ into, base, head, result, strategy }: MergeIntent): GitIntent {
  return { base: into, baseOld: base, head, result, strategy };
}

function fromGit({ base, baseOld, head, result, strategy }: GitIntent): MergeIntent {
  return { into: base, base: baseOld, head, result, strategy };
}

function notMergeable({ slug }: Task): OrchastrationError {
  return new OrchastrationError(
    "MergeRefused",
    `task ${slug} is configured: it works in its own directory and has no branch`,
    {
      details: { reason: "configured" },
      hint: "There is nothing to merge.",
    },
  );
}

function requireUnprotected(task: Task, base: string, { merge }: Pick<Config, "merge">): void {
  if (!merge.protected.includes(base)) return;
  throw new OrchastrationError(
    "MergeRefused",
    `task ${taskName(task)} cannot be merged: ${base} is protected by configuration`,
    {
      details: { reason: "base-protected", base },
      hint: `Merge into another branch (--into), or take it out of merge.protected.`,
    },
  );
}
