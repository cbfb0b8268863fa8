import { OrchastrationError } from "@orchastration/protocol";
import { events, type RunState, type RunStatus, runState } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import {
  advanceRun,
  type Ending,
  hasEnded,
  RUN_TRANSITIONS,
  type RunTrigger,
  type RunTriggerType,
} from "../../src/domain/run-machine.ts";

const id = "7k3m9q2x5r8t";
const at = "2026-11-01T09:15:00.000Z";
const identity = { pid: 4242, startTime: "1", bootId: "b" };
const nothing = { stdoutBytes: 0, stderrBytes: 0, stdoutSha256: null, stderrSha256: null };
const ending: Ending = { endedAt: at, durationMs: 1, exit: { code: 0 }, summary: nothing };

const states: Record<RunStatus, RunState> = {
  queued: { status: "queued" },
  preparing: { status: "preparing" },
  running: { status: "running", startedAt: at, process: identity },
  stopping: { status: "stopping", startedAt: at, process: identity, reason: "stopped" },
  succeeded: { status: "succeeded", startedAt: at, ...ending },
  failed: { status: "failed", startedAt: at, ...ending, reason: null },
  timed_out: { status: "timed_out", startedAt: at, ...ending, reason: "r" },
  stopped: { status: "stopped", startedAt: at, ...ending, reason: "r" },
  cancelled: { status: "cancelled", endedAt: at, reason: "r" },
  lost: { status: "lost", startedAt: at, ...ending, reason: "r" },
};

const triggers: Record<RunTriggerType, RunTrigger> = {
  prepare: { type: "prepare" },
  cancel: { type: "cancel", endedAt: at, reason: "r" },
  launch: { type: "launch", startedAt: at, process: identity },
  fail: { type: "fail", ...ending, reason: "r" },
  interrupt: { type: "interrupt", reason: "stopped" },
  stop: { type: "stop", ...ending, reason: "r" },
  exit: { type: "exit", ...ending },
  lose: { type: "lose", ...ending, reason: "r" },
};

const grid = Object.values(states).flatMap((from) => Object.values(triggers).map((trigger) => ({ from, trigger })));

describe("the life of a run", () => {
  test.each(grid)("$from.status on $trigger.type does what the table says", ({ from, trigger }) => {
    const listed: Partial<Record<RunTriggerType, readonly RunStatus[]>> = RUN_TRANSITIONS[from.status];
    const targets = listed[trigger.type];
    if (targets === undefined) {
      expect(() => advanceRun(id, from, trigger)).toThrow(OrchastrationError);
      return;
    }
    const { state, event } = advanceRun(id, from, trigger);
    expect(targets).toContain(state.status);
    expect(runState.parse(state)).toEqual(state);
    expect(events[event.name].parse(event.payload)).toEqual(event.payload);
  });

  test("an end is final", () => {
    for (const state of Object.values(states)) {
      expect(hasEnded(state)).toBe(Object.keys(RUN_TRANSITIONS[state.status]).length === 0);
    }
  });

  test.each([
    [{ code: 0 }, "succeeded"],
    [{ code: 3 }, "failed"],
    [{ signal: "SIGSEGV" }, "failed"],
  ] as const)("a process that ends by itself with %o has %s", (exit, status) => {
    expect(advanceRun(id, states.running, { type: "exit", ...ending, exit }).state.status).toBe(status);
  });

  test.each([
    ["stopped", "stopped"],
    ["timed_out", "timed_out"],
    ["output_limit", "failed"],
  ] as const)("a process that was interrupted because of %s has %s, whatever its code", (reason, status) => {
    const { state: stopping } = advanceRun(id, states.running, { type: "interrupt", reason });
    expect(advanceRun(id, stopping, { type: "exit", ...ending }).state.status).toBe(status);
  });

  test("a refusal names what is possible instead", () => {
    const refusal = (from: RunState, trigger: RunTrigger): unknown => {
      try {
        return advanceRun(id, from, trigger);
      } catch (error) {
        return error;
      }
    };
    expect(refusal(states.running, triggers.cancel)).toMatchObject({
      kind: "IllegalTransition",
      message: `run ${id} is running: it cannot be cancelled`,
      hint: "Possible now: stop.",
      details: { entity: `run ${id}`, from: "running", trigger: "cancel", allowed: ["stop"] },
    });
    expect(refusal(states.timed_out, triggers.interrupt)).toMatchObject({
      message: `run ${id} has timed out: it cannot be stopped`,
      details: { allowed: [] },
    });
  });
});
