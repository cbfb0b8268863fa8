import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Task, TaskWork } from "@orchastration/protocol/contract";
import type { FoundTask } from "../tasks/known-tasks.ts";

/** What a declaration refuses about the directory of a task, its configuration said. @throws OrchastrationError ConfigInvalid */
export async function asConfigured<T>(task: Task, declare: () => Promise<T>): Promise<T> {
  try {
    return await declare();
  } catch (error) {
    if (!(error instanceof OrchastrationError) || error.kind !== "WorkingDirectoryInvalid") throw error;
    const name = taskName(task);
    throw new OrchastrationError("ConfigInvalid", `task ${name}: ${error.message}`, {
      cause: error,
      hint: `Create it, or correct working_dir in [tasks.${name}].`,
    });
  }
}

/** What the configuration says of a task. @throws OrchastrationError NotPlannable for a task that an agent works on */
export function configuredWork({ task, loaded }: Pick<FoundTask, "task" | "loaded">): TaskWork {
  const definition = task.kind === "configured" ? loaded.config.tasks.get(task.slug) : undefined;
  if (definition === undefined) {
    const name = taskName(task);
    throw new OrchastrationError("NotPlannable", `task ${name} is a task for an agent, which decides what it does`, {
      details: { task: name },
      hint: `\`orchastration start ${name}\` starts its agent; \`orchastration plan list\` shows the tasks that can be planned.`,
    });
  }
  const { description, repo, status, argv, workingDir, inputs, outputs, documents } = definition;
  return {
    description,
    repo,
    status,
    argv,
    workingDir,
    inputs: [...inputs],
    outputs: [...outputs],
    documents: [...documents],
  };
}
