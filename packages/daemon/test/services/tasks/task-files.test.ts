import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../../test/support/temporary-directory.ts";
import { changeTask } from "../../../src/domain/task-machine.ts";
import type { Log } from "../../../src/logging/log.ts";
import { createMirrorStatus } from "../../../src/services/tasks/mirror-status.ts";
import { createTaskLog } from "../../../src/services/tasks/task-log.ts";
import { updateTaskFile } from "../../../src/task-files/update-task-file.ts";
import { ADA } from "../../registry/sample-runs.ts";
import { openTasks, type SampleTasks } from "./sample-tasks.ts";

const TEXT = "---\ntitle: Login # of the shop\nstatus: draft\n---\n\nDo it.\n";

function arrange() {
  const tasks = openTasks();
  const folder = join(tasks.repository, ".orchastration/tasks");
  mkdirSync(folder, { recursive: true });
  const unwritten: string[] = [];
  const log = { debug: (event: string) => unwritten.push(event) } as unknown as Log;
  return { tasks, folder, unwritten, log };
}

function mirroring() {
  const { tasks, folder, unwritten, log } = arrange();
  const mirror = createMirrorStatus({
    registry: tasks.registry,
    updateTaskFile,
    persist: () => Promise.reject(new Error("nothing is to be tried again")),
    log,
  });
  const settled = async (): Promise<void> => {
    await tasks.published();
    await mirror.written(tasks.registry.events.headSeq());
  };
  return { tasks, file: join(folder, "1-login.md"), unwritten, settled };
}

test("a task's file says its status after every change, and nothing else of it changes", async () => {
  const { tasks, file, settled } = mirroring();
  const task = await tasks.create(1, "login");
  writeFileSync(file, TEXT);
  await tasks.drive(task);
  await settled();
  expect(readFileSync(file, "utf8")).toBe(TEXT.replace("draft", "running"));
  await tasks.registry.commit((tx) =>
    tx.tasks.apply(task.id, changeTask(tx.tasks.get(task.id), { type: "converse", conversation: "c-7" }), ADA),
  );
  await tasks.pull(task, { type: "complete", reason: null }, ADA);
  await settled();
  expect(readFileSync(file, "utf8")).toContain("status: completed\n");
  expect(readFileSync(file, "utf8")).toContain("session_id: c-7\n");
});

test("a file that was just created is left alone, one that is gone is not made again, and a later change is written", async () => {
  const { tasks, file, unwritten, settled } = mirroring();
  writeFileSync(file, TEXT.replace("draft", "planned by hand"));
  const task = await tasks.create(1, "login");
  await settled();
  expect(readFileSync(file, "utf8")).toContain("planned by hand");
  rmSync(file);
  await tasks.pull(task, { type: "fail", reason: "no time" }, ADA);
  await settled();
  expect(unwritten).toEqual(["task-file.unwritten"]);
  writeFileSync(file, TEXT);
  await tasks.pull(task, { type: "complete", reason: null }, ADA);
  await settled();
  expect(readFileSync(file, "utf8")).toContain("status: completed\n");
});

function logging() {
  const { tasks, folder, unwritten, log } = arrange();
  const taskLog = createTaskLog({ registry: tasks.registry, log });
  const settled = async (): Promise<void> => {
    await tasks.published();
    await taskLog.settled();
  };
  return { tasks, file: join(folder, "../logs.jsonl"), unwritten, settled };
}

function linesOf(file: string): Record<string, unknown>[] {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function fail({ create, pull }: SampleTasks): Promise<void> {
  await pull(await create(1, "login"), { type: "fail", reason: "line one\nline two" }, ADA);
}

test("the log of a repository has a line for each event of its tasks, whatever stands in it", async () => {
  const { tasks, file, settled } = logging();
  await fail(tasks);
  await settled();
  expect(linesOf(file)).toMatchObject([
    { event: "task.created", level: "info", task: 1, slug: "login", message: "task 1-login: created" },
    { event: "task.failed", level: "warn", reason: "line one\nline two", actor: ADA },
  ]);
});

test("a log that has grown large makes room, and one older file is kept", async () => {
  const { tasks, file, settled } = logging();
  writeFileSync(file, "old\n");
  truncateSync(file, 10 * 1024 * 1024 + 1);
  await fail(tasks);
  await settled();
  expect(linesOf(file)[0]).toMatchObject({ event: "task.created" });
  expect(readFileSync(`${file}.1`, "utf8").slice(0, 4)).toBe("old\n");
});

test("a log that a repository brings as a link is not followed", async () => {
  const { tasks, file, settled } = logging();
  const elsewhere = join(temporaryDirectory(), "mine");
  writeFileSync(elsewhere, "mine\n");
  symlinkSync(elsewhere, file);
  await fail(tasks);
  await settled();
  expect(readFileSync(elsewhere, "utf8")).toBe("mine\n");
});

test("a repository whose folder is gone keeps nothing else from being done", async () => {
  const { tasks, file, unwritten, settled } = logging();
  rmSync(join(file, ".."), { recursive: true });
  await fail(tasks);
  await settled();
  expect(unwritten).toContain("task-log.unwritten");
});
