import { taskOfEntity } from "@orchastration/protocol";
import type { StoredEvent, Task } from "@orchastration/protocol/contract";
import type { NewsKind, TaskNews } from "../../notifications/notification.ts";
import type { Registry } from "../../registry/registry.ts";

const NEWS: Readonly<Record<string, NewsKind>> = {
  "task.becameIdle": "idle",
  "task.completed": "completed",
  "task.failed": "failed",
};

/** Tells of tasks that wait for somebody or have ended. What a person said of a task themselves is no news to them. */
export function tellNews(registry: Registry, notify: (news: TaskNews) => void): void {
  registry.onCommitted((events) => {
    for (const event of events) {
      const kind = NEWS[event.name];
      const id = taskOfEntity(event.entity);
      if (kind === undefined || id === undefined || event.actor.kind === "person") continue;
      const task = registry.tasks.find(id);
      if (task === undefined) continue;
      if (task.repository === null || task.number === null) continue;
      notify(newsOf(kind, { ...task, repository: task.repository, number: task.number }, event));
    }
  });
}

type FileTask = Task & { readonly repository: string; readonly number: number };

function newsOf(kind: NewsKind, { repository, number, slug, title }: FileTask, { payload }: StoredEvent): TaskNews {
  const { reason } = payload;
  return { kind, repository, id: number, slug, title, reason: typeof reason === "string" ? reason : null };
}
