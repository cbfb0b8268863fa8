import { describe, expect, it } from "vitest";
import type { Activity } from "../../src/domain/activity.ts";
import { reviewIdleness } from "../../src/domain/idleness.ts";
import { RECORDINGS, replay } from "./replay-activity.ts";

const IDLE = { timeoutMs: 10_000, dwellMs: 2_000 };
/** Recordings are of 16 seconds, and what is painted at the start is work. */
const END_MS = 16_000;

const VISIBLE: Partial<Activity> = { state: "working", source: "screen", reason: "the screen is changing" };

describe("working, all the time, is", () => {
  it.each([
    "spinner",
    "quarter-spinner",
    "shimmer",
    "typing-while-it-works",
    "progress-bar",
    "percentage",
    "stopwatch",
  ])("%s", (name) => {
    const { stretches, activity, evidence } = replay(name);
    expect(stretches).toHaveLength(1);
    expect(activity).toMatchObject(VISIBLE);
    expect(activity.workedUntilMs).toBeGreaterThan(END_MS - 2_000);
    const asleep = { isIdle: true, sinceMs: 0 };
    expect(reviewIdleness(asleep, activity, evidence.typedAtMs, IDLE, END_MS).isIdle).toBe(false);
  });
});

describe("quiet, and idle before long, is", () => {
  it.each([
    "status-clock",
    "shell-clock",
    "minute-clock",
    "painted-cursor",
    "clock-and-cursor",
    "vim",
    "less",
    "prompt",
    "question",
    "repainted-page",
  ])("%s", (name) => {
    const { stretches, activity, evidence } = replay(name);
    expect(stretches.map(({ activity: { state } }) => state)).toEqual(["working", "quiet"]);
    expect(activity).toMatchObject({ state: "quiet", source: "screen" });
    expect(activity.reason).toMatch(/^no visible change for 1[45] s$/);
    const awake = { isIdle: false, sinceMs: 0 };
    expect(reviewIdleness(awake, activity, evidence.typedAtMs, IDLE, END_MS).isIdle).toBe(true);
  });
});

it.each(RECORDINGS)("is seen the same by a screen that is parked between any two looks: %s", (name) => {
  expect(replay(name, true)).toEqual(replay(name));
});

describe("what a person types", () => {
  it.each(["typing", "typing-in-vim"])("is not work of the program, and keeps it from being idle: %s", (name) => {
    const { stretches, activity, evidence } = replay(name);
    expect(stretches.map(({ activity: { state } }) => state)).toEqual(["working", "quiet"]);
    const review = reviewIdleness({ isIdle: false, sinceMs: 0 }, activity, evidence.typedAtMs, IDLE, END_MS);
    expect(review).toEqual({ isIdle: false, changesAtMs: (evidence.typedAtMs ?? 0) + IDLE.timeoutMs });
  });
});

describe("what a program says of itself is believed before what is seen", () => {
  it("that it waits for permission", () => {
    const { activity, evidence } = replay("blocked");
    const reason = "toy says it waits for permission: rm -r build";
    expect(activity).toMatchObject({ state: "blocked", kind: "permission", source: "program-status", reason });
    const now = activity.sinceMs;
    expect(reviewIdleness({ isIdle: false, sinceMs: 0 }, activity, evidence.typedAtMs, IDLE, now).isIdle).toBe(true);
  });

  it("that its turn has begun, and is over", () => {
    const { stretches } = replay("agent-turn");
    expect(stretches.map(({ activity: { state, source } }) => [state, source])).toEqual([
      ["working", "screen"],
      ["working", "program-status"],
      ["quiet", "program-status"],
    ]);
  });

  it("that the shell prompts, a command runs, the shell prompts again", () => {
    const { stretches, activity } = replay("marked-shell");
    expect(stretches.map(({ activity: { source } }) => source)).toEqual([
      "screen",
      "shell-prompt",
      "screen",
      "screen",
      "program-status",
      "shell-prompt",
    ]);
    expect(activity).toMatchObject({ state: "quiet", reason: "at a shell prompt" });
  });

  it("the bell at the end", () => {
    const { stretches, activity } = replay("bell-at-the-end");
    expect(stretches.map(({ activity: { state } }) => state)).toEqual(["working", "quiet"]);
    expect(activity).toMatchObject({ source: "notification", reason: "rang the bell" });
  });
});
