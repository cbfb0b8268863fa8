import type { Task } from "@orchastration/protocol/contract";
import type { Log } from "../../logging/log.ts";
import type { Registry } from "../../registry/registry.ts";
import type { updateTaskFile } from "../../task-files/update-task-file.ts";
import { onTaskEvents } from "./on-task-events.ts";
import { taskFilePath } from "./task-paths.ts";

export interface MirrorStatus {
  /** Resolves when every file says what the registry said when this was asked. */
  settled(): Promise<void>;
}

export interface MirrorStatusDependencies {
  readonly registry: Registry;
  readonly updateTaskFile: typeof updateTaskFile;
  readonly log: Log;
}

/**
 * Writes `status` and `session_id` into the header of a task's file after every change of them. The registry is the truth: a file that cannot be
 * written, or is gone, is left for the next change.
 */
export function createMirrorStatus({ registry, updateTaskFile, log }: MirrorStatusDependencies): MirrorStatus {
  const due = new Set<string>();
  let writing: Promise<void> = Promise.resolve();

  onTaskEvents(registry, (events) => {
    // One that was just created has a file that says everything.
    const changed = events.filter(({ event }) => event.name !== "task.created");
    if (changed.length === 0) return;
    for (const { task } of changed) due.add(task.id);
    writing = writing.then(writeDue);
  });

  async function writeDue(): Promise<void> {
    for (const id of due) {
      due.delete(id);
      const task = registry.tasks.find(id);
      if (task !== undefined) await write(task);
    }
  }

  async function write(task: Task): Promise<void> {
    const path = taskFilePath(task);
    if (path === null) return;
    const { conversation } = task;
    const changes = { status: task.state.status, ...(conversation === null ? {} : { session_id: conversation }) };
    await updateTaskFile(path, changes).catch((error: unknown) => {
      log.debug("task-file.unwritten", String(error), { task: task.id });
    });
  }

  return { settled: () => writing };
}
