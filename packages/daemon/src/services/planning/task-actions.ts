import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Actor, Run, Task, TaskAction } from "@orchastration/protocol/contract";
import { actionEnded } from "../../domain/plan.ts";
import type { TaskEvent } from "../../domain/task-machine.ts";
import type { Registry } from "../../registry/registry.ts";

/** What an action has done. Its events become durable together with the word that it has ended. */
export interface Performed<T> {
  /** One sentence for the record. */
  readonly message: string;
  readonly events?: readonly TaskEvent[];
  readonly result: T;
}

export interface TaskActions {
  /**
   * Does something for a task that is no run, and records that and how it ended: an event, and a record file as runs have one. What `act` throws is
   * recorded as a failure and thrown again. To be called in the task's turn.
   */
  perform<T>(task: Task, action: TaskAction, actor: Actor, act: () => Promise<Performed<T>>): Promise<T>;
}

export interface TaskActionsDependencies {
  readonly registry: Registry;
  /** Where the record stands, free at this moment. */
  readonly recordPath: (
    task: Pick<Run, "name" | "repository">,
    startedAt: string,
    isTaken: (path: string) => boolean,
  ) => string;
  /** Resolves when the record files say what the registry said after that event. */
  readonly recordsWritten: (seq: number) => Promise<void>;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
}

export function createTaskActions(deps: TaskActionsDependencies): TaskActions {
  const { registry, recordPath, recordsWritten, now, monotonicMs } = deps;

  return {
    async perform(task, action, actor, act) {
      const startedAt = now().toISOString();
      const startedMs = monotonicMs();

      async function end(status: "succeeded" | "failed", message: string, events: readonly TaskEvent[]): Promise<void> {
        const durationMs = Math.round((monotonicMs() - startedMs) * 1_000) / 1_000;
        const { eventSeq } = await registry.commit((tx) => {
          const place = { name: taskName(task), repository: task.repository };
          const path = recordPath(place, startedAt, (taken) => tx.runs.isRecordPathTaken(taken));
          const ended = { action, startedAt, endedAt: now().toISOString(), durationMs, status, message };
          for (const event of events) tx.tasks.apply(task.id, event, actor);
          return tx.tasks.apply(task.id, actionEnded(task, { ...ended, recordPath: path }), actor);
        });
        await recordsWritten(eventSeq);
      }

      try {
        const { message, events = [], result } = await act();
        await end("succeeded", message, events);
        return result;
      } catch (error) {
        if (!(error instanceof OrchastrationError) || error.kind === "StateUnavailable") throw error;
        await end("failed", error.message, []);
        throw error;
      }
    },
  };
}
