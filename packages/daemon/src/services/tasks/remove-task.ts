import { existsSync } from "node:fs";
import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isSystemError, OrchastrationError, taskName } from "@orchastration/protocol";
import type { Actor, GcItem, Params, Result, Run, Task } from "@orchastration/protocol/contract";
import { errorCode } from "@orchastration/protocol/node";
import type { FaultPoint } from "../../domain/fault-point.ts";
import { changeTask } from "../../domain/task-machine.ts";
import { listBackupRefs } from "../../git/backup-ref.ts";
import { judgeRemoval, type RemovalPlan, removeBranch, removeWorktree } from "../../git/remove-worktree.ts";
import { findBranchCommit } from "../../git/repository.ts";
import { gitAtCommonDir } from "../../git/run-git.ts";
import { listLeftovers, sweepLeftover, sweepRemovals } from "../../git/sweep-removals.ts";
import type { Log } from "../../logging/log.ts";
import type { Registry } from "../../registry/registry.ts";
import { explainRemovalRefusal } from "./explain-removal.ts";
import { findBackup } from "./find-backup.ts";
import type { KnownTasks } from "./known-tasks.ts";
import type { MergeTask } from "./merge-task.ts";
import { taskFilePath, taskWorktreePath } from "./task-paths.ts";
import { findRunIn } from "./task-views.ts";
import type { Turns } from "./turns.ts";
import { withGit } from "./with-git.ts";
import { requireLease, requireRepository } from "./worktrees.ts";

export interface RemoveTask {
  /** Forgets one task, if nothing is lost by it. */
  remove(params: Params<"task.remove">, actor: Actor): Promise<Result<"task.remove">>;
  /** Lists what can be collected in the caller's repository; removes the named items that are still what was shown. */
  collect(params: Params<"task.gc">, actor: Actor): Promise<Result<"task.gc">>;
  /** Finishes removals that a crash interrupted, or takes them back, when a daemon begins. */
  sweep(): Promise<void>;
}

export interface RemoveTaskDependencies {
  readonly registry: Registry;
  readonly knownTasks: KnownTasks;
  readonly turns: Turns;
  readonly mergeTask: Pick<MergeTask, "recognize">;
  /** Where the files of removed tasks are kept. */
  readonly removedFiles: string;
  readonly faultPoint: FaultPoint;
  readonly log: Log;
}

export function createRemoveTask(deps: RemoveTaskDependencies): RemoveTask {
  const { registry, knownTasks, turns, mergeTask, removedFiles, faultPoint, log } = deps;

  async function planOf(task: Task): Promise<RemovalPlan> {
    const { lease, root } = requireLease(task);
    const { commonDir } = await requireRepository(root);
    return {
      commonDir,
      worktreesRoot: dirname(lease.path),
      path: lease.path,
      branch: lease.branch,
      task: taskName(task),
      hasLiveSession: () => findRunIn(registry, task) !== undefined,
    };
  }

  /** Worktree, branch, file, and at last the task: what is left after a crash is found again under its name. */
  async function removeNow(task: Task, actor: Actor, reason: string): Promise<string | null> {
    const backupRef = task.lease === null ? await keptBefore(task) : await removeLease(task, actor);
    await knownTasks.exclusively(task.repository, async () => {
      await keepFile(task);
      faultPoint("task-file-kept");
      const event = { name: "task.removed", payload: { task: task.id, reason, backupRef } } as const;
      await registry.commit((tx) => tx.tasks.apply(task.id, event, actor));
    });
    return backupRef;
  }

  async function removeLease(task: Task, actor: Actor): Promise<string | null> {
    const plan = await planOf(task);
    const removal = await withGit(() => removeWorktree(plan, faultPoint)).catch(async (error: unknown) => {
      // Nothing stays moved aside until somebody asks again. What is told is why the removal failed.
      await sweepRemovals(plan.worktreesRoot, basename(plan.path)).catch((later: unknown) => {
        log.warn("removal.unswept", String(later), { task: task.id });
      });
      throw error;
    });
    if (removal.kind === "stays") throw refused(task, explainRemovalRefusal(removal.refusal), removal.refusal.kind);
    faultPoint("worktree-removed");
    const branch = await withGit(() => removeBranch(plan.commonDir, plan.branch, plan.task));
    if (branch.kind === "checked-out") {
      throw refused(task, `its branch ${plan.branch} is checked out in ${branch.path}`, "branch-checked-out");
    }
    if (branch.kind === "moved") {
      throw refused(task, `its branch ${plan.branch} got a commit at this moment`, "branch-moved");
    }
    faultPoint("branch-removed");
    const keptNow = (branch.kind === "removed" ? branch.backups[0] : undefined) ?? removal.backups[0];
    const backupRef = keptNow ?? (await keptBefore(task, plan));
    await registry.commit((tx) => tx.tasks.apply(task.id, changeTask(task, { type: "release", backupRef }), actor));
    faultPoint("lease-released");
    return backupRef;
  }

  /** By a removal that was interrupted, which this one goes on with. */
  function keptBefore(task: Task, plan?: RemovalPlan): Promise<string | null> {
    return findBackup(registry.events, task, () =>
      plan === undefined
        ? Promise.resolve([])
        : withGit(() => listBackupRefs(gitAtCommonDir(plan.commonDir), plan.task)),
    );
  }

  async function keepFile(task: Task): Promise<void> {
    const path = taskFilePath(task);
    if (path === null) return;
    await mkdir(removedFiles, { recursive: true, mode: 0o700 });
    await rename(path, join(removedFiles, `${task.id}-${taskName(task)}.md`)).catch(async (error: unknown) => {
      if (errorCode(error) === "ENOENT") return;
      if (errorCode(error) !== "EXDEV") throw error;
      await copyFile(path, join(removedFiles, `${task.id}-${taskName(task)}.md`));
      await rm(path);
    });
  }

  async function describe(task: Task): Promise<GcItem> {
    const parts: GcItem["parts"] = [];
    let refusal: string | null = null;
    if (task.lease !== null) {
      const plan = await planOf(task);
      const verdict = await withGit(() => judgeRemoval(plan));
      if (verdict.kind !== "gone") parts.push({ kind: "worktree", name: plan.path });
      const git = gitAtCommonDir(plan.commonDir);
      if ((await withGit(() => findBranchCommit(git, plan.branch))) !== undefined) {
        parts.push({ kind: "branch", name: plan.branch });
      }
      if (verdict.kind === "stays") refusal = explainRemovalRefusal(verdict.refusal);
      const run = findRunIn(registry, task);
      if (run !== undefined) refusal = `run ${run.id} lives in its worktree; \`orchastration stop ${run.id}\` ends it`;
    }
    const file = taskFilePath(task);
    if (file !== null && existsSync(file)) parts.push({ kind: "file", name: file });
    return { key: `${taskName(task)}@${task.eventSeq}`, task: taskName(task), parts, refusal, outcome: null };
  }

  return {
    async remove({ context, task: reference }, actor) {
      const { task: asked } = await knownTasks.get(context, reference);
      if (asked.kind === "configured") throw refused(asked, "it is defined in the configuration", "configured");
      return inRemovalTurn(asked.repository, asked.id, async () => {
        const { task } = await knownTasks.get(context, asked.id);
        const run = findRunIn(registry, task);
        if (run !== undefined) throw sessionLives(task, run);
        return { task, backupRef: await removeNow(await mergeTask.recognize(task), actor, `removed by ${actor.name}`) };
      });
    },

    async collect({ context, remove = [] }, actor) {
      const { root, loaded, tasks } = await knownTasks.survey(context);
      if (root === null) throw new OrchastrationError("NoRepository", `${context.cwd} lies in no git repository`);
      const wanted = new Set(remove);
      const items: GcItem[] = [];
      for (const { id, kind, state, mergeIntent } of tasks) {
        if (kind !== "file" || (state.status !== "merged" && mergeIntent === null)) continue;
        items.push(...(await inRemovalTurn(root, id, () => collectTask(id, wanted, actor))));
      }
      const roots = new Set(tasks.flatMap((task) => taskWorktreePath(task, loaded.config) ?? []).map(dirname));
      const leftovers = await turns.inTurn(`removal:${root}`, () => collectLeftovers([...roots], wanted));
      return { items: [...items, ...leftovers] };
    },

    async sweep() {
      const leases = registry.tasks.listAll().flatMap(({ lease }) => lease ?? []);
      for (const root of new Set(leases.map(({ path }) => dirname(path)))) {
        const { removed, putBack, left } = await sweepRemovals(root);
        const found = [...removed, ...putBack, ...left];
        if (found.length > 0) log.warn("removal.interrupted", `taken up: ${found.join(", ")}`);
      }
    },
  };

  /** One removal of a repository after another, so that what lies about of one is known to be left over. */
  function inRemovalTurn<T>(repository: string | null, task: string, step: () => Promise<T>): Promise<T> {
    return turns.inTurn(`removal:${repository}`, () => turns.inTurn(task, step));
  }

  async function collectTask(id: string, wanted: ReadonlySet<string>, actor: Actor): Promise<GcItem[]> {
    const known = registry.tasks.find(id);
    const task = known && (await mergeTask.recognize(known));
    if (task?.state.status !== "merged") return [];
    const item = await describe(task);
    return [wanted.has(item.key) ? { ...item, outcome: await collectOne(task, item, actor) } : item];
  }

  async function collectOne(task: Task, { refusal }: GcItem, actor: Actor): Promise<GcItem["outcome"]> {
    if (refusal !== null) return { removed: false, reason: refusal };
    try {
      return { removed: true, backupRef: await removeNow(task, actor, "merged") };
    } catch (error) {
      if (!(error instanceof OrchastrationError) && !isSystemError(error)) throw error;
      return { removed: false, reason: error.message };
    }
  }
}

async function collectLeftovers(roots: readonly string[], wanted: ReadonlySet<string>): Promise<GcItem[]> {
  const leftovers = (await Promise.all(roots.map((root) => listLeftovers(root)))).flat();
  return Promise.all(
    leftovers.map(async (leftover): Promise<GcItem> => {
      const { kind, path } = leftover;
      const refusal = kind === "removed" ? null : `its removal was interrupted; move it back to ${leftover.origin}`;
      const item = {
        key: path,
        task: null,
        parts: [{ kind: "worktree" as const, name: path }],
        refusal,
        outcome: null,
      };
      if (!wanted.has(path) || refusal !== null) return item;
      const isGone = (await sweepLeftover(leftover)) === "removed";
      const outcome = isGone
        ? { removed: true as const, backupRef: null }
        : { removed: false as const, reason: "not everything in it can be removed; look at it by hand" };
      return { ...item, outcome };
    }),
  );
}

function refused(task: Task, why: string, reason: string): OrchastrationError {
  return new OrchastrationError("RemovalRefused", `task ${taskName(task)} stays: ${why}`, { details: { reason } });
}

function sessionLives(task: Task, { id }: Run): OrchastrationError {
  return new OrchastrationError("TaskSessionLive", `task ${taskName(task)} stays: run ${id} lives in its worktree`, {
    hint: `\`orchastration stop ${id}\` ends it.`,
  });
}
