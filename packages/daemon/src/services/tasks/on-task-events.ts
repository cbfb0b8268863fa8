import { taskOfEntity } from "@orchastration/protocol";
import type { StoredEvent, Task } from "@orchastration/protocol/contract";
import type { Registry } from "../../registry/registry.ts";

/** Something that happened to a task, and the task as it is since. */
export interface TaskChange {
  readonly task: Task;
  readonly event: StoredEvent;
}

/** Tells of every commit that holds events of tasks, in the order of the log. Answers how to stop that. */
export function onTaskEvents(
  registry: Pick<Registry, "onCommitted" | "tasks">,
  listener: (events: readonly TaskChange[]) => void,
): () => void {
  return registry.onCommitted((events) => {
    const found = events.flatMap((event): TaskChange[] => {
      const id = taskOfEntity(event.entity);
      const task = id === undefined ? undefined : registry.tasks.find(id);
      return task === undefined ? [] : [{ task, event }];
    });
    if (found.length > 0) listener(found);
  });
}
