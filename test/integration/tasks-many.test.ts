import { expect, test } from "vitest";
import { createTaskHome, type ShownTask } from "../support/scripted-tasks.ts";
import { until } from "../support/until.ts";

const COUNT = 20;
const LIMIT = 5;

test(`${COUNT} tasks written and started at once by ${COUNT} command lines: each has its own number and worktree, and the limit holds`, async () => {
  await using home = await createTaskHome({ config: `[limits]\nconcurrency = ${LIMIT}` });
  const words = ["new", "same name", "--agent", "scripted", "--start"];
  const outcomes = await Promise.all(Array.from({ length: COUNT }, () => home.run(...words)));
  expect(outcomes.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual([]);

  const all = async () => (await home.json(["status"], { cwd: home.root })).tasks as (ShownTask & { id: number })[];
  const tasks = await all();
  const numbers = Array.from({ length: COUNT }, (_, n) => n + 1);
  expect(tasks.map(({ id }) => id)).toEqual(numbers);
  expect(new Set(tasks.map(({ worktree }) => worktree)).size).toBe(COUNT);
  expect(new Set(tasks.map(({ name }) => name)).size).toBe(COUNT);
  const count = (status: string) => async (): Promise<number> =>
    (await all()).filter((task) => task.status === status).length;
  expect(await count("running")()).toBe(LIMIT);
  expect(await count("queued")()).toBe(COUNT - LIMIT);
  const { stdout } = await home.run("status");
  expect(stdout.match(/queued/g)).toHaveLength(COUNT - LIMIT);

  const first = tasks.find(({ status }) => status === "running");
  await home.run("stop", first?.name ?? "");
  await until(async () => (await count("queued")()) === COUNT - LIMIT - 1);
  await until(async () => (await count("running")()) === LIMIT);
}, 300_000);
