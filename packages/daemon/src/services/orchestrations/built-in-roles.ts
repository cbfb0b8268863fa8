import { isAbsolute, join } from "node:path";
import type { AgentRole, Orchestration, Run } from "@orchastration/protocol/contract";
import { changesOf } from "../../domain/shared-context.ts";
import type { Planning } from "../planning/planning.ts";
import type { RunEnds } from "../run-ends.ts";
import type { ReviewTask } from "./review-task.ts";
import { type Assignment, type RoleWork, type StepResult, succeeded, unsuccessful, type Work } from "./step.ts";

export interface BuiltInRolesDependencies {
  readonly planning: Pick<Planning, "create" | "build" | "document">;
  readonly review: ReviewTask;
  readonly runEnds: RunEnds;
}

/** The roles that no program is bound to: each does one step of the task's loop. */
export function createBuiltInRoles({ planning, review, runEnds }: BuiltInRolesDependencies): RoleWork {
  const work: Readonly<Record<AgentRole, (assignment: Assignment) => Promise<Work>>> = {
    PlannerAgent: async ({ orchestration, request, actor }) =>
      atHand(async () => {
        const task = taskOf(orchestration);
        await planning.create({ context: request.context, environment: request.environment, task }, actor);
        return succeeded(`planned ${task}`, changesOf(orchestration.groupContext, { "plan.tasks": [task] }));
      }),
    async BuilderAgent(assignment) {
      const { orchestration, request, actor } = assignment;
      const { run } = await planning.build({ ...request, task: taskOf(orchestration) }, actor);
      return { run: run.id, perform: async () => resultOfBuild(orchestration, await runEnds.ended(run.id)) };
    },
    ReviewerAgent: async ({ orchestration, request }) =>
      atHand(async () => {
        const { status, report } = await review(request.context, taskOf(orchestration));
        const changes = changesOf(
          { ...orchestration.groupContext, "review.status": null },
          { "review.status": status, "review.report": report },
        );
        return succeeded(status === "approved" ? "approved" : "changes requested", changes);
      }),
    DocAgent: async ({ orchestration, request, actor }) =>
      atHand(async () => {
        const { files } = await planning.document({ context: request.context, task: taskOf(orchestration) }, actor);
        const paths = files.map(({ path }) => inside(orchestration.workingDir, path));
        return succeeded(
          `${paths.length} documents are up to date`,
          changesOf(orchestration.groupContext, { "doc.paths": paths }),
        );
      }),
  };

  return {
    prepare: (assignment) => work[assignment.role](assignment),
    resultOf: (orchestration, _step, run) => Promise.resolve(resultOfBuild(orchestration, run)),
  };
}

function atHand(perform: Work["perform"]): Work {
  return { run: null, perform };
}

function resultOfBuild(orchestration: Orchestration, run: Run): StepResult {
  if (run.state.status !== "succeeded") return unsuccessful(run);
  const outputs = (run.declaredOutputs ?? []).map((output) => inside(orchestration.workingDir, output));
  return succeeded(`run ${run.id} succeeded`, changesOf(orchestration.groupContext, { "build.outputs": outputs }));
}

function inside(directory: string, path: string): string {
  return isAbsolute(path) ? path : join(directory, path);
}

/** One without a task was refused before it began. */
function taskOf({ name, task }: Orchestration): string {
  if (task === null) throw new Error(`orchestration ${name} has no task for a built-in role`);
  return task;
}
