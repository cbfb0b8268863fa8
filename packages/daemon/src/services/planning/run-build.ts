import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Actor, ChangedInput, Params, Plan, Run, Task } from "@orchastration/protocol/contract";
import { changedInputs, staleFields } from "../../domain/plan.ts";
import { advanceTask } from "../../domain/task-machine.ts";
import type { Registry } from "../../registry/registry.ts";
import type { DeclareRun } from "../declare-run.ts";
import type { RunService } from "../run.ts";
import { commandDefinition } from "../tasks/command-definition.ts";
import type { FoundTask } from "../tasks/known-tasks.ts";
import { asConfigured, configuredWork } from "./configured-work.ts";
import type { CreatePlan } from "./create-plan.ts";

export interface StartedBuild {
  readonly run: Run;
  readonly changedInputs: ChangedInput[];
}

/** Starts the command of a task exactly as it was planned. To be called in the task's turn; the run's end is the task's. */
export type RunBuild = (found: FoundTask, params: Params<"build.run">, actor: Actor) => Promise<StartedBuild>;

export interface RunBuildDependencies {
  readonly registry: Pick<Registry, "tasks">;
  readonly declareRun: Pick<DeclareRun, "defined">;
  readonly runs: Pick<RunService, "start">;
  readonly createPlan: CreatePlan;
}

export function createRunBuild({ registry, declareRun, runs, createPlan }: RunBuildDependencies): RunBuild {
  return async (found, params, actor) => {
    const { task } = found;
    // Refused with the commands that are possible, before anything is planned anew.
    advanceTask(task, { type: "start", run: "" });
    const plan = params.replan === true ? await createPlan(found, params, actor) : freshPlan(found);
    const inputs = configuredWork(found).inputs;
    const declaration = await asConfigured(task, () =>
      declareRun.defined(
        (id) => commandDefinition(registry.tasks.get(task.id), { ...plan, inputs }, id, plan),
        params,
        actor,
      ),
    );
    return {
      changedInputs: changedInputs(plan.inputs, declaration.draft.inputs ?? []),
      run: await runs.start(declaration),
    };
  };
}

/** @throws OrchastrationError NotPlannable, PlanMissing, PlanStale */
function freshPlan(found: FoundTask): Plan {
  const work = configuredWork(found);
  const { task, loaded } = found;
  const { plan } = task;
  if (plan === undefined) throw planMissing(task);
  const stale = staleFields(plan, work, loaded.config.daemon.environment);
  if (stale.length === 0) return plan;
  const name = taskName(task);
  const changed = stale.map(({ field }) => FIELD_WORDS[field]);
  throw new OrchastrationError("PlanStale", `the plan of task ${name} is stale: ${changed.join(", ")} changed since`, {
    details: { task: name, changed: stale },
    hint: `\`orchastration build run ${name} --replan\` plans anew and builds; \`orchastration plan status ${name}\` shows what changed.`,
  });
}

export function planMissing(task: Task): OrchastrationError {
  const name = taskName(task);
  return new OrchastrationError("PlanMissing", `task ${name} has no plan`, {
    details: { task: name },
    hint: `Write it down first: \`orchastration plan create ${name}\`; or \`orchastration build run ${name} --replan\`.`,
  });
}

const FIELD_WORDS = {
  argv: "argv",
  working_dir: "working directory",
  environment: "environment names",
  outputs: "outputs",
  documents: "documents",
} as const;
