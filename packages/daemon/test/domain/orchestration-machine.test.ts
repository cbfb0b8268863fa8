import { OrchastrationError } from "@orchastration/protocol";
import type { Orchestration } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import { orchestrationAfter } from "../../src/domain/orchestration-history.ts";
import {
  hasOrchestrationEnded,
  type LaterOrchestrationEvent,
  ORCHESTRATION_TRANSITIONS,
} from "../../src/domain/orchestration-machine.ts";
import { emptyContext } from "../../src/domain/shared-context.ts";

const ID = "5q9t3n7p2d8x";
const AT = "2026-11-01T09:15:00.000Z";
const ENDED = { endedAt: AT, durationMs: 1, message: null };

const started = orchestrationAfter(
  undefined,
  {
    name: "orchestration.started",
    payload: {
      orchestration: {
        id: ID,
        name: "feature",
        repository: null,
        groups: [["PlannerAgent", "PlannerAgent"], ["DocAgent"]],
        bindings: {},
        task: "report",
        workingDir: "/home/ada/report",
        resumes: null,
        context: emptyContext("goal"),
        requestedBy: { kind: "person", name: "ada" },
        startedAt: AT,
        record: "orchestrations/feature/20261101T091500.000Z.json",
        binaryVersion: "0.4.0",
      },
    },
  },
  1,
);

const begin = (group: number, place: number): LaterOrchestrationEvent => ({
  name: "orchestration.stepStarted",
  payload: { orchestration: ID, group, place, run: null, startedAt: AT },
});
const finish = (group: number, place: number, output: string): LaterOrchestrationEvent => ({
  name: "orchestration.stepEnded",
  payload: {
    orchestration: ID,
    group,
    place,
    outcome: "succeeded",
    ...ENDED,
    changes: { "build.outputs": [output] },
  },
});
const stop: LaterOrchestrationEvent = { name: "orchestration.stopRequested", payload: { orchestration: ID } };
const end: LaterOrchestrationEvent = {
  name: "orchestration.ended",
  payload: { orchestration: ID, outcome: "stopped", ...ENDED },
};

const after = (...events: readonly LaterOrchestrationEvent[]): Orchestration =>
  events.reduce((before, event, index) => orchestrationAfter(before, event, index + 2), started);

describe("an orchestration", () => {
  test("gives a group the context as it was before the group, whichever of its roles ends first", () => {
    const between = after(begin(0, 0), finish(0, 0, "a"), begin(0, 1));
    expect(between.groupContext["build.outputs"]).toEqual([]);
    expect(between.context["build.outputs"]).toEqual(["a"]);
    expect(
      after(begin(0, 0), begin(0, 1), finish(0, 1, "b"), finish(0, 0, "a"), begin(1, 0)).groupContext,
    ).toMatchObject({ "build.outputs": ["b", "a"] });
  });

  test("that is being stopped begins no step, and ends those that are at work", () => {
    expect(() => after(stop, begin(0, 0))).toThrow(OrchastrationError);
    expect(after(begin(0, 0), stop, finish(0, 0, "a"), end).state.status).toBe("stopped");
  });

  test.each([
    ["a step that begins twice", [begin(0, 0), begin(0, 0)]],
    ["a step that it does not have", [begin(1, 1)]],
    ["the end of a step that did not begin", [finish(0, 0, "a")]],
    ["its end while a step is at work", [begin(0, 0), end]],
    ["anything after its end", [end, stop]],
  ])("refuses %s", (_, events) => {
    expect(() => after(...events)).toThrow(Error);
  });

  test("has ended exactly in the states from which nothing leads", () => {
    for (const [status, triggers] of Object.entries(ORCHESTRATION_TRANSITIONS)) {
      const isEnded = Object.keys(triggers).length === 0;
      const state = isEnded ? { status, ...ENDED } : { status };
      expect(hasOrchestrationEnded({ ...started, state } as Orchestration)).toBe(isEnded);
    }
  });
});
