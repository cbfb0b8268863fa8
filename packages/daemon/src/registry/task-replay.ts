import { entityOfTask } from "@orchastration/protocol";
import type { StoredEvent } from "@orchastration/protocol/contract";
import { type TaskFact, taskAfter } from "../domain/task-history.ts";
import { parseEvent } from "./parse-event.ts";

/** Follows a log from its first event, and holds every task it tells of, also the removed ones. */
export interface TaskReplay {
  /** @throws Error when the event does not follow from those before it; the message names its seq */
  apply(stored: StoredEvent): void;
  tasks(): ReadonlyMap<string, TaskFact>;
}

export function createTaskReplay(): TaskReplay {
  const tasks = new Map<string, TaskFact>();
  return {
    apply(stored) {
      const event = parseEvent("task", stored);
      if (event === undefined) return;
      const { seq, entity } = stored;
      const id = event.name === "task.created" ? event.payload.task.id : event.payload.task;
      if (entity !== entityOfTask(id)) throw new Error(`event ${seq} is of ${entity} and speaks of task ${id}`);
      tasks.set(id, taskAfter(tasks.get(id), event, seq));
    },
    tasks: () => tasks,
  };
}
