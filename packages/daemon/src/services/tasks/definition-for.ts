import { taskName } from "@orchastration/protocol";
import type { Task } from "@orchastration/protocol/contract";
import type { Definition } from "../declare-run.ts";

/** What every run of a task has in common. */
export function definitionFor(
  task: Task,
  facts: Definition["facts"] & object,
): Omit<Definition, "kind" | "argv" | "workingDir"> {
  return {
    name: taskName(task),
    repository: task.repository,
    timeoutMs: null,
    env: {},
    isTty: false,
    group: null,
    priority: 0,
    facts,
  };
}
