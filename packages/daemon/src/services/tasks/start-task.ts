import type { Actor, Params, Run, Task, TaskView } from "@orchastration/protocol/contract";
import { advanceTask, isResting, requireTaskTransition } from "../../domain/task-machine.ts";
import type { Registry } from "../../registry/registry.ts";
import type { DeclareRun } from "../declare-run.ts";
import type { RunService } from "../run.ts";
import { commandDefinition } from "./command-definition.ts";
import type { FoundTask, KnownTasks } from "./known-tasks.ts";
import type { StartAgent } from "./start-agent.ts";
import { isLive, type TaskViews } from "./task-views.ts";
import type { Turns } from "./turns.ts";

export interface Started {
  readonly task: TaskView;
  readonly run: Run | null;
}

export interface StartTask {
  /** Asking again for what has been started changes nothing. */
  start(params: Params<"task.start">, actor: Actor): Promise<Started>;
  resume(params: Params<"task.resume">, actor: Actor): Promise<Started>;
}

export interface StartTaskDependencies {
  readonly registry: Registry;
  readonly knownTasks: KnownTasks;
  readonly views: TaskViews;
  readonly turns: Turns;
  readonly declareRun: Pick<DeclareRun, "defined">;
  readonly runs: Pick<RunService, "start">;
  readonly startAgent: StartAgent;
}

export function createStartTask(deps: StartTaskDependencies): StartTask {
  const { registry, knownTasks, views, turns, declareRun, runs, startAgent } = deps;

  async function start(
    params: Params<"task.start">,
    actor: Actor,
    options: { readonly isResumed: boolean },
  ): Promise<Started> {
    const { task } = await knownTasks.get(params.context, params.task);
    return turns.inTurn(task.id, async () => {
      const found = await knownTasks.get(params.context, task.id);
      const run = await startFound(found, params, actor, options);
      return { task: views.show(registry.tasks.get(task.id), found), run };
    });
  }

  async function startFound(
    found: FoundTask,
    params: Params<"task.start">,
    actor: Actor,
    options: { readonly isResumed: boolean },
  ): Promise<Run | null> {
    const { task } = found;
    if (task.state.status !== "merged" && !isResting(task.state)) return runOf(task);
    if (isResting(task.state) && isLive(registry, task)) {
      await registry.commit((tx) => tx.tasks.apply(task.id, advanceTask(task, { type: "continue" }), actor));
      return runOf(task);
    }
    // Refused with the commands that are possible, before anything is looked at.
    requireTaskTransition(task, "start");
    return task.kind === "configured" ? startCommand(found, params, actor) : startAgent(found, params, actor, options);
  }

  function runOf(task: Task): Run | null {
    return task.run === null ? null : (registry.runs.find(task.run) ?? null);
  }

  async function startCommand({ task, loaded }: FoundTask, params: Params<"task.start">, actor: Actor): Promise<Run> {
    const work = loaded.config.tasks.get(task.slug);
    if (work === undefined) throw new Error(`task ${task.slug} was found and is not configured`);
    const declaration = await declareRun.defined((id) => commandDefinition(task, work, id), params, actor);
    return runs.start(declaration);
  }

  return {
    start: (params, actor) => start(params, actor, { isResumed: false }),
    resume: (params, actor) => start(params, actor, { isResumed: true }),
  };
}
