import { expect, test } from "vitest";
import { until } from "../../../../../test/support/until.ts";
import type { Activity } from "../../../src/domain/activity.ts";
import type { Log } from "../../../src/logging/log.ts";
import type { IdleChange } from "../../../src/services/activity.ts";
import { followIdleness } from "../../../src/services/tasks/follow-idleness.ts";
import { ADA, AT, ENDING, step } from "../../registry/sample-runs.ts";
import { openTasks, QUIET, type SampleTasks } from "./sample-tasks.ts";

const ACTIVITY: Activity = {
  state: "quiet",
  source: "screen",
  reason: "no visible change for 12 s",
  sinceMs: 0,
  workedUntilMs: 0,
};

/** What terminals do is said by the test; which of them are watched is noted. */
function arrange({ registry }: SampleTasks) {
  const watched = new Map<string, boolean>();
  let tell: (change: IdleChange) => void = () => {};
  const activity = {
    watchIdleness: (session: string, isIdle: boolean) => void watched.set(session, isIdle),
    unwatchIdleness: (session: string) => void watched.delete(session),
    onIdleChanged: (listener: (change: IdleChange) => void) => {
      tell = listener;
      return () => {};
    },
  };
  const warnings: string[] = [];
  const log = { warn: (_: string, message: string) => warnings.push(message) } as unknown as Log;
  followIdleness({ registry, activity, now: () => new Date(AT), log });
  const becomes = (session: string, isIdle: boolean): void => tell({ session, isIdle, activity: ACTIVITY });
  return { watched, warnings, becomes };
}

test("a task is idle when its session is, with the reason, and runs again with it", async () => {
  const tasks = openTasks();
  const { watched, becomes } = arrange(tasks);
  const task = await tasks.create(1, "login");
  const { id: session } = await tasks.drive(task);
  await tasks.published();
  expect([...watched]).toEqual([[session, false]]);
  becomes(session, true);
  await until(() => tasks.registry.tasks.get(task.id).state.status === "idle");
  expect(tasks.registry.tasks.get(task.id).state).toMatchObject({ reason: ACTIVITY.reason });
  becomes(session, false);
  await until(() => tasks.registry.tasks.get(task.id).state.status === "running");
});

test("a session is watched while its task runs or is idle, and is not once it has ended or is declared finished", async () => {
  const tasks = openTasks();
  const { watched } = arrange(tasks);
  const [ended, finished] = [await tasks.create(1, "ended"), await tasks.create(2, "finished")];
  const [first, second] = [await tasks.drive(ended), await tasks.drive(finished)];
  await tasks.published();
  expect(watched.size).toBe(2);
  await step(tasks.registry, first.id, { type: "exit", ...ENDING });
  await tasks.pull(finished, { type: "complete", reason: null }, ADA);
  await tasks.published();
  expect([...watched]).toEqual([]);
  await tasks.pull(finished, { type: "continue" }, ADA);
  await tasks.published();
  expect([...watched]).toEqual([[second.id, false]]);
});

test("what the last daemon left is taken up: a task that was idle is watched as one", async () => {
  const tasks = openTasks();
  const task = await tasks.create(1, "login");
  const { id: session } = await tasks.drive(task);
  await tasks.pull(task, QUIET);
  const { watched } = arrange(tasks);
  expect([...watched]).toEqual([[session, true]]);
});

test("what a session did before its task was declared finished changes nothing any more", async () => {
  const tasks = openTasks();
  const { becomes, warnings } = arrange(tasks);
  const task = await tasks.create(1, "login");
  const { id: session } = await tasks.drive(task);
  await tasks.published();
  const word = tasks.pull(task, { type: "complete", reason: null }, ADA);
  becomes(session, true);
  await word;
  await tasks.pull(await tasks.create(2, "after"), { type: "complete", reason: null }, ADA);
  await tasks.published();
  expect(tasks.registry.tasks.get(task.id).state.status).toBe("completed");
  expect(warnings).toEqual([]);
});
