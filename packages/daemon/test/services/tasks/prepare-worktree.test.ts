import type { Run } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import { changeTask } from "../../../src/domain/task-machine.ts";
import type { Log } from "../../../src/logging/log.ts";
import type { Inheritance } from "../../../src/services/child-environment.ts";
import type { Declaration } from "../../../src/services/declare-run.ts";
import { createPrepareWorktree } from "../../../src/services/tasks/prepare-worktree.ts";
import { ADA } from "../../registry/sample-runs.ts";
import { openTasks } from "./sample-tasks.ts";

type Step = "ensure" | "copy" | "declare" | "start" | "set up";

interface Scene {
  /** The step in which somebody asks for the stop; absent: nobody does. */
  readonly stopIn?: Step;
  readonly isNew?: boolean;
}

/** An admitted agent; what is done for it is noted instead of done. */
async function prepare({ stopIn, isNew = true }: Scene) {
  const { registry, create } = openTasks();
  const { id } = await create(1, "login");
  const lease = { path: "/w", branch: "b", baseBranch: "main", baseCommit: "a", stage: "planned" } as const;
  await registry.commit((tx) => {
    tx.tasks.apply(id, changeTask(tx.tasks.get(id), { type: "lease", lease }), ADA);
    tx.tasks.apply(id, changeTask(tx.tasks.get(id), { type: "made" }), ADA);
  });
  const asking = new AbortController();
  const done: string[] = [];
  let isSetupStopped = false;
  const note = (step: Step): void => {
    done.push(step);
    if (step === stopIn) asking.abort();
  };
  const { prepare } = createPrepareWorktree({
    registry,
    async ensureWorktree() {
      note("ensure");
      return isNew;
    },
    undoWorktree: async () => void done.push("undo"),
    async copyFiles() {
      note("copy");
      return [];
    },
    declareRun: {
      async defined() {
        note("declare");
        return { inheritance: {} } as Declaration;
      },
    },
    runs: () => ({
      async start() {
        note("start");
        return { id: "the set-up" } as Run;
      },
    }),
    stop: () => ({
      async stop(run) {
        done.push(`stop ${run}`);
        isSetupStopped = true;
        return {} as Run;
      },
    }),
    runEnds: {
      async ended() {
        note("set up");
        return { state: { status: isSetupStopped ? "stopped" : "succeeded" } } as Run;
      },
    },
    log: { info() {}, debug() {} } as unknown as Log,
  });
  const agent = { kind: "agent", task: { id, onExit: "stop" } } as unknown as Run;
  const inheritance = { preparation: { include: [".env"], setup: ["npm", "ci"] } } as unknown as Inheritance;
  const outcome = await prepare(agent, inheritance, asking.signal).then(
    () => "prepared",
    (error: unknown) => error,
  );
  return { done, outcome, stage: registry.tasks.get(id).lease?.stage };
}

test("a worktree is made, filled and set up, and is prepared then", async () => {
  const { done, outcome, stage } = await prepare({});
  expect(outcome).toBe("prepared");
  expect(done).toEqual(["ensure", "copy", "declare", "start", "set up"]);
  expect(stage).toBe("prepared");
});

describe("a stop that is asked for", () => {
  test.each<[Step, string[], string, string]>([
    ["ensure", ["ensure", "copy", "undo"], "stopped before its worktree was ready", "made"],
    ["copy", ["ensure", "copy", "undo"], "stopped before its worktree was ready", "made"],
    ["declare", ["ensure", "copy", "declare"], "stopped before its set-up", "made"],
    ["start", ["ensure", "copy", "declare", "start", "stop the set-up", "set up"], "stopped during its set-up", "made"],
    ["set up", ["ensure", "copy", "declare", "start", "set up"], "stopped before it began", "prepared"],
  ])("in the step %s is heard there: no later step is begun", async (stopIn, steps, message, stage) => {
    const found = await prepare({ stopIn });
    expect(found.outcome).toMatchObject({ name: "StartFailure", step: "stopped", message });
    expect(found.done).toEqual(steps);
    expect(found.stage).toBe(stage);
  });

  test("takes back nothing that was there before", async () => {
    const { done, outcome } = await prepare({ stopIn: "copy", isNew: false });
    expect(outcome).toMatchObject({ step: "stopped" });
    expect(done).not.toContain("undo");
  });
});
