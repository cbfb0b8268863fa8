import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Actor, Params, Run, Task } from "@orchastration/protocol/contract";
import type { DeclareRun } from "../declare-run.ts";
import type { RunService } from "../run.ts";
import { definitionFor } from "./definition-for.ts";
import type { KnownTasks } from "./known-tasks.ts";
import { requireTrust } from "./require-trust.ts";
import { taskFacts } from "./task-facts.ts";
import { taskWorktreePath } from "./task-paths.ts";

/** Runs a command in the directory of a task, with the task's variables. It does not move the task. */
export interface ExecInTask {
  exec(params: Params<"task.exec">, actor: Actor): Promise<Run>;
}

export interface ExecInTaskDependencies {
  readonly knownTasks: KnownTasks;
  readonly declareRun: Pick<DeclareRun, "defined">;
  readonly runs: Pick<RunService, "start">;
}

export function createExecInTask({ knownTasks, declareRun, runs }: ExecInTaskDependencies): ExecInTask {
  return {
    async exec(params, actor) {
      const found = await knownTasks.get(params.context, params.task);
      const { task, loaded } = found;
      if (task.kind === "file") requireTrust(found);
      const directory = taskWorktreePath(task, loaded.config);
      if (directory === null || (task.kind === "file" && task.lease === null)) throw noWorktree(task);
      const declaration = await declareRun.defined(
        () => ({
          ...definitionFor(task, taskFacts(task, directory, task.lease, null)),
          kind: "exec",
          argv: params.argv,
          workingDir: directory,
          task: { id: task.id, onExit: "stop" },
        }),
        params,
        actor,
      );
      return runs.start(declaration);
    },
  };
}

function noWorktree(task: Task): OrchastrationError {
  return new OrchastrationError("WorktreeRefused", `task ${taskName(task)} has no worktree yet`, {
    hint: `\`orchastration start ${taskName(task)}\` makes it.`,
  });
}
