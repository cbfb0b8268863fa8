import { expect, test } from "vitest";
import type { TaskNews } from "../../../src/notifications/notification.ts";
import { createNotifications } from "../../../src/notifications/notifications.ts";
import { onTaskEvents } from "../../../src/services/tasks/on-task-events.ts";
import { tellNews } from "../../../src/services/tasks/tell-news.ts";
import { createTime } from "../../notifications/settings.ts";
import { ADA } from "../../registry/sample-runs.ts";
import { openTasks, QUIET, type SampleTasks } from "./sample-tasks.ts";

function listen({ registry }: SampleTasks): TaskNews[] {
  const news: TaskNews[] = [];
  tellNews(registry, (item) => news.push(item));
  return news;
}

test("a task that waits, is completed or has failed is news, with the reason and its session", async () => {
  const tasks = openTasks();
  const news = listen(tasks);
  const [waits, done, failed] = [
    await tasks.create(1, "waits", { title: "Fix the login" }),
    await tasks.create(2, "done"),
    await tasks.create(3, "failed"),
  ];
  const { id: session } = await tasks.drive(waits);
  await tasks.pull(waits, QUIET);
  await tasks.pull(done, { type: "complete", reason: null });
  await tasks.pull(failed, { type: "fail", reason: "exit code 3" });
  await tasks.published();
  const { repository } = tasks;
  const reason = "no visible change for 12 s";
  expect(news).toEqual([
    { kind: "idle", repository, id: 1, slug: "waits", title: "Fix the login", session, reason },
    { kind: "completed", repository, id: 2, slug: "done", title: "done", session: null, reason: null },
    { kind: "failed", repository, id: 3, slug: "failed", title: "failed", session: null, reason: "exit code 3" },
  ]);
});

test("what a person says of a task is no news, and neither is any other step of it", async () => {
  const tasks = openTasks();
  const news = listen(tasks);
  const task = await tasks.create(1, "login");
  await tasks.drive(task);
  await tasks.pull(task, QUIET, ADA);
  await tasks.pull(task, { type: "active" });
  await tasks.pull(task, { type: "complete", reason: null }, ADA);
  await tasks.pull(task, { type: "fail", reason: "it does not work" }, ADA);
  await tasks.published();
  expect(news).toEqual([]);
});

test("events come with the task as it is since, a commit at a time; those of runs and of removed tasks do not come", async () => {
  const tasks = openTasks();
  const seen: string[][] = [];
  const stop = onTaskEvents(tasks.registry, (changes) =>
    seen.push(changes.map(({ event, task }) => `${event.name} ${task.state.status}`)),
  );
  const task = await tasks.create(1, "login");
  await tasks.drive(task);
  await tasks.registry.commit((tx) =>
    tx.tasks.apply(
      task.id,
      { name: "task.removed", payload: { task: task.id, reason: "removed by ada", backupRef: null } },
      ADA,
    ),
  );
  await tasks.published();
  stop();
  await tasks.create(2, "unheard");
  await tasks.published();
  expect(seen).toEqual([
    ["task.created draft"],
    ["task.queued queued"],
    ["task.admitted starting"],
    ["task.started running"],
  ]);
});

test("agents that end together are told as one, each by its newest news", async () => {
  const tasks = openTasks();
  const time = createTime();
  const told: string[] = [];
  const notifications = createNotifications({
    env: {},
    platform: "linux",
    after: time.after,
    tellTerminals: ({ title, body }) => told.push(`${title}: ${body}`),
    onFailure: (_, error) => told.push(String(error)),
  });
  tellNews(tasks.registry, (news) =>
    notifications.notify(news, { on: ["idle", "completed", "failed"], command: null }),
  );
  const all = [await tasks.create(1, "one"), await tasks.create(2, "two"), await tasks.create(3, "three")];
  for (const task of all) await tasks.drive(task);
  for (const task of all) await tasks.pull(task, QUIET);
  const [first] = all;
  if (first === undefined) throw new Error("there is no task");
  await tasks.pull(first, { type: "complete", reason: null });
  await tasks.published();
  time.pass(2_000);
  await notifications.close();
  expect(told).toEqual([
    "1 task completed, 2 idle: 2-two: two (no visible change for 12 s) · 3-three: three (no visible change for 12 s) · 1-one: one",
  ]);
});
