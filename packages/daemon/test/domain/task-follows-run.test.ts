import type { TaskState } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import type { RunTrigger } from "../../src/domain/run-machine.ts";
import { ADA, ENDING, FAILING, step } from "../registry/sample-runs.ts";
import { openTasks } from "../services/tasks/sample-tasks.ts";

/** How the run of a task that runs may end, and what the task is then. */
const ENDINGS: readonly (readonly [string, readonly RunTrigger[], Partial<TaskState> & object])[] = [
  ["exit code 0", [{ type: "exit", ...ENDING }], { status: "stopped", reason: "it ended with exit code 0" }],
  ["exit code 3", [{ type: "exit", ...FAILING }], { status: "stopped", reason: "it ended with exit code 3" }],
  [
    "its time is up",
    [
      { type: "interrupt", reason: "timed_out" },
      { type: "exit", ...ENDING },
    ],
    { status: "failed", reason: "ran longer than its timeout" },
  ],
  [
    "a stop",
    [
      { type: "interrupt", reason: "stopped" },
      { type: "exit", ...ENDING },
    ],
    { status: "stopped" },
  ],
  ["nobody knows how", [{ type: "lose", ...ENDING, exit: null, reason: "its supervisor died" }], { status: "stopped" }],
];

describe("the run of a task ends by", () => {
  test.each(ENDINGS)("%s", async (_, triggers, state) => {
    const { registry, create, drive } = openTasks();
    const task = await create(1, "login");
    const { id } = await drive(task);
    for (const trigger of triggers) await step(registry, id, trigger);
    expect(registry.tasks.get(task.id).state).toMatchObject(state);
  });

  test.each(ENDINGS)("%s, and leaves the word that stands", async (_, triggers) => {
    const { registry, create, drive, pull } = openTasks();
    const task = await create(1, "login");
    const { id } = await drive(task);
    await pull(task, { type: "complete", reason: null }, ADA);
    for (const trigger of triggers) await step(registry, id, trigger);
    expect(registry.tasks.get(task.id).state.status).toBe("completed");
  });
});
