import type { Actor, Params, Result, Task } from "@orchastration/protocol/contract";
import type { Registry } from "../../registry/registry.ts";
import type { FoundTask, KnownTasks } from "../tasks/known-tasks.ts";
import { createTurns, type Turns } from "../tasks/turns.ts";
import { type CreatePlanDependencies, createCreatePlan } from "./create-plan.ts";
import {
  createGenerateDocument,
  type GenerateDocument,
  type GenerateDocumentDependencies,
} from "./generate-document.ts";
import { createViewPlan, type ViewPlan } from "./plan-views.ts";
import { createRunBuild, type RunBuild, type RunBuildDependencies } from "./run-build.ts";

/** Plan, build, document: as clients ask for it. */
export interface Planning {
  list(params: Params<"plan.list">): Promise<Result<"plan.list">>;
  status(params: Params<"plan.status">): Promise<Result<"plan.status">>;
  create(params: Params<"plan.create">, actor: Actor): Promise<Result<"plan.create">>;
  build(params: Params<"build.run">, actor: Actor): Promise<Result<"build.run">>;
  document(params: Params<"doc.generate">, actor: Actor): Promise<Result<"doc.generate">>;
}

export interface PlanningDependencies
  extends CreatePlanDependencies,
    Omit<RunBuildDependencies, "createPlan">,
    Omit<GenerateDocumentDependencies, "turns"> {
  readonly registry: Registry;
  readonly knownTasks: KnownTasks;
  readonly turns: Turns;
}

export function createPlanning(deps: PlanningDependencies): Planning {
  const { registry, knownTasks, turns } = deps;
  const view: ViewPlan = createViewPlan(registry);
  const createPlan = createCreatePlan(deps);
  const runBuild: RunBuild = createRunBuild({ ...deps, createPlan });
  const generateDocument: GenerateDocument = createGenerateDocument({ ...deps, turns: createTurns() });

  /** Everything that changes a task happens in its turn, on what is known of it then. */
  async function inTurn<T>(
    { context, task: reference }: Params<"plan.status">,
    step: (found: FoundTask) => Promise<T>,
  ): Promise<T & Result<"plan.status">> {
    const { task } = await knownTasks.get(context, reference);
    return turns.inTurn(task.id, async () => {
      const found = await knownTasks.get(context, task.id);
      const done = await step(found);
      return { ...done, plan: view({ ...found, task: current(task) }) };
    });
  }

  function current({ id }: Task): Task {
    return registry.tasks.get(id);
  }

  return {
    async list({ context }) {
      const { tasks, loaded } = await knownTasks.survey(context);
      return { plans: tasks.filter(({ kind }) => kind === "configured").map((task) => view({ task, loaded })) };
    },
    async status({ context, task: reference }) {
      return { plan: view(await knownTasks.get(context, reference)) };
    },
    create: (params, actor) =>
      inTurn(params, async (found) => {
        await createPlan(found, params, actor);
        return {};
      }),
    build: (params, actor) => inTurn(params, (found) => runBuild(found, params, actor)),
    document: (params, actor) =>
      inTurn(params, async (found) => ({ files: await generateDocument(found, params.force === true, actor) })),
  };
}
