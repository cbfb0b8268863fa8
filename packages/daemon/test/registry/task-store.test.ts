import { join } from "node:path";
import type { AuthoredTask, DeclaredTask, Lease, Run, Task } from "@orchastration/protocol/contract";
import { beforeEach, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { advanceTask, changeTask, type TaskTrigger } from "../../src/domain/task-machine.ts";
import { openDatabase } from "../../src/registry/database.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { ADA, AT, declare, ENDING, FAILING, LAUNCH, open, queue, step } from "./sample-runs.ts";

const PROJECT = "/home/ada/project";
const authored: AuthoredTask = { title: "Fix the login", baseBranch: null, agent: null, labels: [] };

let stateDir: string;
let registry: Registry;

beforeEach(() => {
  stateDir = temporaryDirectory();
  registry = open(stateDir, { synchronous: "NORMAL" });
});

function create(given: Partial<DeclaredTask> = {}): Promise<Task> {
  const declared = { kind: "file", repository: PROJECT, number: 1, slug: "login", createdAt: AT, ...given } as const;
  return registry.commit((tx) => tx.tasks.create(declared, authored, ADA));
}

function pull(task: Task, trigger: TaskTrigger): Promise<Task> {
  return registry.commit((tx) => tx.tasks.apply(task.id, advanceTask(tx.tasks.get(task.id), trigger), ADA));
}

/** A run that drives a task, in the queue. */
function drive(task: Task, given: Partial<Run> = {}): Promise<Run> {
  return queue(
    registry,
    declare(stateDir, { kind: "agent", name: "1-login", task: { id: task.id, onExit: "stop" }, ...given }),
  );
}

const statusOf = (task: Task): string => registry.tasks.get(task.id).state.status;

describe("a task in the registry", () => {
  test("is found by number, by slug and by id until it is removed, and its number is never given again", async () => {
    const task = await create({ number: 7 });
    expect(registry.tasks.findByNumber(PROJECT, 7)).toEqual(task);
    expect(registry.tasks.findByName(PROJECT, "file", "login")).toEqual(task);
    expect(registry.tasks.list(PROJECT)).toEqual([task]);
    await registry.commit((tx) =>
      tx.tasks.apply(
        task.id,
        { name: "task.removed", payload: { task: task.id, reason: "removed by ada", backupRef: null } },
        ADA,
      ),
    );
    expect(registry.tasks.list(PROJECT)).toEqual([]);
    expect(registry.tasks.findByNumber(PROJECT, 7)).toBeUndefined();
    expect(() => registry.tasks.get(task.id)).toThrow(/no task has the id/);
    expect(registry.tasks.highestNumber(PROJECT)).toBe(7);
    await expect(create({ number: 8 })).resolves.toMatchObject({ slug: "login" });
  });

  test("of one repository never meets that of another with the same number and slug", async () => {
    const here = await create();
    const there = await create({ repository: "/home/ada/other" });
    await pull(here, { type: "complete", reason: null });
    expect(statusOf(here)).toBe("completed");
    expect(statusOf(there)).toBe("draft");
    expect(registry.tasks.list("/home/ada/other")).toEqual([there]);
    expect(registry.tasks.list(null)).toEqual([]);
  });

  test("cannot take a number or a slug that is taken", async () => {
    await create();
    await expect(create({ slug: "other" })).rejects.toThrow(/UNIQUE/);
    await expect(create({ number: 2 })).rejects.toThrow(/UNIQUE/);
    expect(registry.tasks.list(PROJECT)).toHaveLength(1);
  });

  test("follows the run that drives it in the run's own transaction", async () => {
    const task = await create();
    const run = await drive(task);
    expect(registry.tasks.get(task.id)).toMatchObject({ run: run.id, state: { status: "queued" } });
    await step(registry, run.id, { type: "prepare" });
    expect(statusOf(task)).toBe("starting");
    await step(registry, run.id, LAUNCH);
    expect(statusOf(task)).toBe("running");
    await step(registry, run.id, { type: "exit", ...FAILING });
    expect(registry.tasks.get(task.id).state).toEqual({ status: "stopped", reason: "it ended with exit code 3" });
  });

  test.each([
    ["outcome", ENDING, "completed"],
    ["outcome", FAILING, "failed"],
    ["complete", ENDING, "completed"],
    ["complete", FAILING, "stopped"],
    ["stop", ENDING, "stopped"],
  ] as const)("whose command says %s on exit ends as it should", async (onExit, ending, status) => {
    const task = await create();
    const run = await drive(task, { task: { id: task.id, onExit } });
    await step(registry, run.id, { type: "prepare" });
    await step(registry, run.id, LAUNCH);
    await step(registry, run.id, { type: "exit", ...ending });
    expect(statusOf(task)).toBe(status);
  });

  test("that was declared finished keeps its word when its session ends", async () => {
    const task = await create();
    const run = await drive(task);
    await step(registry, run.id, { type: "prepare" });
    await step(registry, run.id, LAUNCH);
    await pull(task, { type: "complete", reason: null });
    await step(registry, run.id, { type: "lose", reason: "its supervisor died", ...ENDING });
    expect(statusOf(task)).toBe("completed");
  });

  test.each([
    ["copy", "draft"],
    ["setup", "failed"],
    ["spawn", "failed"],
    [undefined, "draft"],
  ] as const)("whose start failed at %s is then %s", async (at, status) => {
    const task = await create();
    const run = await drive(task);
    await step(registry, run.id, { type: "prepare" });
    await step(registry, run.id, { type: "fail", reason: "no", ...ENDING, ...(at === undefined ? {} : { step: at }) });
    expect(statusOf(task)).toBe(status);
  });

  test("is not moved by a run that only works for it", async () => {
    const task = await create();
    await drive(task, { kind: "setup" });
    expect(statusOf(task)).toBe("draft");
  });

  test("is what the log says of it, and a row that was changed by hand is found", async () => {
    const task = await create();
    const lease: Lease = {
      path: "/w/1-login",
      branch: "orchastration/1-login",
      baseBranch: "main",
      baseCommit: "b",
      stage: "planned",
    };
    await registry.commit((tx) => tx.tasks.apply(task.id, changeTask(task, { type: "lease", lease }), ADA));
    await pull(task, { type: "complete", reason: null });
    await expect(registry.verify()).resolves.toMatchObject({ ok: true });
    const { eventSeq } = registry.tasks.get(task.id);
    registry.close();
    const database = openDatabase(join(stateDir, "registry.db"), { synchronous: "NORMAL", busyTimeoutMs: 0 });
    database.exec(`UPDATE tasks SET task = json_set(task, '$.title', 'Another')`);
    database.close();
    registry = open(stateDir);
    await expect(registry.verify()).resolves.toEqual({
      ok: false,
      seq: eventSeq,
      reason: "task 1-login is not what the log says of it",
    });
  });

  test("shows its events to whoever asks for them alone", async () => {
    const task = await create();
    await create({ number: 2, slug: "other" });
    await pull(task, { type: "complete", reason: null });
    const names = registry.events.readEntityAfter(`task:${task.id}`, 0, 10).map(({ name }) => name);
    expect(names).toEqual(["task.created", "task.completed"]);
  });
});
