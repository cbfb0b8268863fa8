import type { Task } from "@orchastration/protocol/contract";
import { DAEMON } from "../../domain/actors.ts";
import { advanceTask, type TaskTrigger } from "../../domain/task-machine.ts";
import type { Log } from "../../logging/log.ts";
import type { Registry } from "../../registry/registry.ts";
import type { ActivityService, IdleChange } from "../activity.ts";
import { onTaskEvents } from "./on-task-events.ts";

export interface FollowIdlenessDependencies {
  readonly registry: Registry;
  readonly activity: Pick<ActivityService, "watchIdleness" | "unwatchIdleness" | "onIdleChanged">;
  readonly now: () => Date;
  readonly log: Log;
}

/** Lets a task be idle while its session is, and running again when that works. Nothing else is concluded from what a session does. */
export function followIdleness({ registry, activity, now, log }: FollowIdlenessDependencies): void {
  /** Session -> its task. */
  const watched = new Map<string, string>();

  function review(task: Task): void {
    const { status } = task.state;
    if (task.run === null || task.kind === "configured") return;
    if (status === "running" || status === "idle") {
      watched.set(task.run, task.id);
      activity.watchIdleness(task.run, status === "idle");
    } else if (watched.delete(task.run)) activity.unwatchIdleness(task.run);
  }

  async function take({ session, isIdle, activity: found }: IdleChange): Promise<void> {
    const id = watched.get(session);
    const task = id === undefined ? undefined : registry.tasks.find(id);
    if (task === undefined || task.run !== session) return;
    const trigger: TaskTrigger = isIdle
      ? { type: "idle", source: found.source, reason: found.reason, since: now().toISOString() }
      : { type: "active" };
    const expected = isIdle ? "running" : "idle";
    await registry.commit((tx) => {
      const current = tx.tasks.get(task.id);
      // It may have ended, or been declared finished, since the session was looked at.
      if (current.run === session && current.state.status === expected) {
        tx.tasks.apply(task.id, advanceTask(current, trigger), DAEMON);
      }
    });
  }

  for (const task of registry.tasks.listAll()) review(task);
  onTaskEvents(registry, (events) => {
    for (const { task } of events) review(task);
  });
  activity.onIdleChanged((change) => {
    take(change).catch((error: unknown) => log.warn("idleness.untold", String(error), { session: change.session }));
  });
}
