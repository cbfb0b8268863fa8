import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { PlanView, Run, Task, TaskWork } from "@orchastration/protocol/contract";
import { progressOf, staleFields } from "../../domain/plan.ts";
import { hasEnded } from "../../domain/run-machine.ts";
import type { RegistryReader } from "../../registry/registry.ts";
import type { FoundTask } from "../tasks/known-tasks.ts";
import { configuredWork } from "./configured-work.ts";

export type ViewPlan = (found: Pick<FoundTask, "task" | "loaded">) => PlanView;

/** A configured task as it is at this moment. The view throws OrchastrationError NotPlannable for a task that an agent works on. */
export function createViewPlan({ runs }: Pick<RegistryReader, "runs">): ViewPlan {
  return ({ task, loaded }) => {
    const definition = configuredWork({ task, loaded });
    const build = newestBuild(runs, task);
    const missingDocuments = (task.plan ?? definition).documents.filter(
      (path) => !isThere(resolve(definition.workingDir, path)),
    );
    return {
      task,
      definition,
      progress: progressOf(task.state.status, definition.status),
      stale: task.plan === undefined ? [] : staleFields(task.plan, definition, loaded.config.daemon.environment),
      build,
      isDocumented: isDocumented(task, definition, build) && missingDocuments.length === 0,
      missingDocuments,
    };
  };
}

/** The run of the task's command that was started last; null when there was none. */
export function newestBuild(runs: RegistryReader["runs"], { run }: Task): Run | null {
  return run === null ? null : (runs.find(run) ?? null);
}

function isDocumented({ documents }: Task, { workingDir }: TaskWork, build: Run | null): boolean {
  if (documents === undefined || (build !== null && !hasEnded(build.state))) return false;
  return (
    documents.run === (build?.id ?? null) && documents.sections.every(({ path }) => isThere(join(workingDir, path)))
  );
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
