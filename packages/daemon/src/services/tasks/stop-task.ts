import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Actor, Context, Run, Task, TaskView } from "@orchastration/protocol/contract";
import { hasEnded } from "../../domain/run-machine.ts";
import type { Registry } from "../../registry/registry.ts";
import type { RunEnds } from "../run-ends.ts";
import type { StopService } from "../stop.ts";
import type { KnownTasks } from "./known-tasks.ts";
import type { TaskViews } from "./task-views.ts";

interface StopOptions {
  readonly kill: boolean;
}

export interface StopTask {
  /** Asks the session of a task to end; a queued start is cancelled. */
  stop(
    asked: { readonly context: Context; readonly task: string; readonly kill?: boolean | undefined },
    actor: Actor,
  ): Promise<TaskView>;
  /** Ends the session of a task if one lives, and resolves when it has ended. */
  stopSession(task: Task, options: StopOptions, actor: Actor): Promise<void>;
}

export interface StopTaskDependencies {
  readonly registry: Registry;
  readonly knownTasks: KnownTasks;
  readonly views: TaskViews;
  readonly stop: Pick<StopService, "stop">;
  readonly runEnds: RunEnds;
}

export function createStopTask(deps: StopTaskDependencies): StopTask {
  const { registry, knownTasks, views, stop, runEnds } = deps;

  const runOf = (task: Task): Run | undefined => {
    const run = task.run === null ? undefined : registry.runs.find(task.run);
    return run === undefined || hasEnded(run.state) ? undefined : run;
  };

  return {
    // Not in the task's turn: what is to be stopped may be what the turn waits for.
    async stop({ context, task: reference, kill = false }, actor) {
      const found = await knownTasks.get(context, reference);
      const { task } = found;
      const run = runOf(task);
      if (run === undefined) throw notRunning(task);
      await stop.stop(run.id, { kill }, actor);
      return views.show(registry.tasks.get(task.id), found);
    },
    async stopSession(task, options, actor) {
      const run = runOf(task);
      if (run === undefined) return;
      await stop.stop(run.id, options, actor);
      await runEnds.ended(run.id);
    },
  };
}

export function notRunning(task: Task): OrchastrationError {
  const name = taskName(task);
  return new OrchastrationError("IllegalTransition", `task ${name} has no live session: it cannot be stopped`, {
    details: { entity: `task ${name}`, from: task.state.status, trigger: "stop" },
    hint: `\`orchastration logs ${name}\` shows what its last session put out.`,
  });
}
