import type { Plan, Task } from "@orchastration/protocol/contract";
import type { Argv } from "../../config/schema.ts";
import { substitute } from "../../domain/placeholders.ts";
import { type Definition, placeholdersOf } from "../declare-run.ts";
import { definitionFor } from "./definition-for.ts";
import { taskFacts } from "./task-facts.ts";

/** What the command of a configured task needs to be known, from its configuration or from its plan. */
export interface CommandWork {
  readonly argv: Argv;
  readonly workingDir: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The run of a configured task's command; its end is the task's. */
export function commandDefinition(task: Task, work: CommandWork, runId: string, plan?: Plan): Definition {
  const facts = taskFacts(task, work.workingDir, null, null);
  const [program = work.argv[0], ...args] = substitute(
    work.argv,
    placeholdersOf({ ...facts, ORCHASTRATION_RUN_ID: runId }),
  );
  return {
    ...definitionFor(task, facts),
    kind: "build",
    argv: [program, ...args],
    workingDir: work.workingDir,
    task: { id: task.id, onExit: "outcome", ...(plan === undefined ? {} : { plan: plan.id }) },
    declaredInputs: work.inputs,
    declaredOutputs: work.outputs,
  };
}
