import type { Lease, MergeIntent, Task } from "@orchastration/protocol/contract";
import { expect, test } from "vitest";
import { changeTask } from "../../../src/domain/task-machine.ts";
import { findBackup } from "../../../src/services/tasks/find-backup.ts";
import { ADA, AT } from "../../registry/sample-runs.ts";
import { openTasks, QUIET, type SampleTasks } from "./sample-tasks.ts";

const REFS = ["a", "b", "c"].map((commit, n) => ({ commit, ref: `refs/orchastration/backup/1-login/${n + 1}` }));

async function leased(tasks: SampleTasks): Promise<Task> {
  const { id, ...task } = await tasks.create(1, "login");
  const lease: Lease = { path: "/w/1-login", branch: "b", baseBranch: "main", baseCommit: "a", stage: "planned" };
  return await tasks.registry.commit((tx) =>
    tx.tasks.apply(id, changeTask({ id, ...task }, { type: "lease", lease }), ADA),
  );
}

function release(tasks: SampleTasks, task: Task, backupRef: string | null): Promise<Task> {
  return tasks.registry.commit((tx) =>
    tx.tasks.apply(task.id, changeTask(tx.tasks.get(task.id), { type: "release", backupRef }), ADA),
  );
}

const find = ({ registry }: SampleTasks, task: Task, refs = REFS) =>
  findBackup(registry.events, task, () => Promise.resolve(refs));

test("before the lease is released the backup is that of the merged head, or the first one", async () => {
  const tasks = openTasks();
  const task = await leased(tasks);
  expect(await find(tasks, task, [])).toBeNull();
  expect(await find(tasks, task)).toBe("refs/orchastration/backup/1-login/1");
  const merge: MergeIntent = { into: "main", base: "a", head: "b", result: "r", strategy: "squash" };
  await tasks.pull(task, { type: "complete", reason: null }, ADA);
  const merged = await tasks.pull(task, { type: "merge", merge, mergedAt: AT }, ADA);
  expect(await find(tasks, merged)).toBe("refs/orchastration/backup/1-login/2");
});

test("afterwards it is what the log says, however much happened to the task", async () => {
  const tasks = openTasks();
  const task = await leased(tasks);
  await tasks.drive(task);
  for (let turn = 0; turn < 300; turn += 1) {
    await tasks.pull(task, QUIET);
    await tasks.pull(task, { type: "active" });
  }
  const released = await release(tasks, task, "refs/orchastration/backup/1-login/7");
  expect(await find(tasks, released)).toBe("refs/orchastration/backup/1-login/7");
});

test("a task whose worktree was never made, or came to nothing, has none", async () => {
  const tasks = openTasks();
  expect(await find(tasks, await tasks.create(2, "idea"))).toBeNull();
  expect(await find(tasks, await release(tasks, await leased(tasks), null))).toBeNull();
});
