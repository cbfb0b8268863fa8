import type { NewsKind, TaskNews } from "../../notifications/notification.ts";
import type { Registry } from "../../registry/registry.ts";
import { onTaskEvents } from "./on-task-events.ts";

const NEWS: Readonly<Record<string, NewsKind>> = {
  "task.becameIdle": "idle",
  "task.completed": "completed",
  "task.failed": "failed",
};

/** Tells of tasks that wait for somebody or have ended. What a person said of a task themselves is no news to them. */
export function tellNews(registry: Pick<Registry, "onCommitted" | "tasks">, notify: (news: TaskNews) => void): void {
  onTaskEvents(registry, (events) => {
    for (const { task, event } of events) {
      const kind = NEWS[event.name];
      const { repository, number: id, slug, title, run: session } = task;
      if (kind === undefined || event.actor.kind === "person" || repository === null || id === null) continue;
      const { reason } = event.payload;
      notify({ kind, repository, id, slug, title, session, reason: typeof reason === "string" ? reason : null });
    }
  });
}
