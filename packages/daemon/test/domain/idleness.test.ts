import { describe, expect, it } from "vitest";
import type { Activity } from "../../src/domain/activity.ts";
import { reviewIdleness } from "../../src/domain/idleness.ts";

const TERMS = { timeoutMs: 10_000, dwellMs: 2_000 };
const ACTIVE = { isIdle: false, sinceMs: 0 };
const IDLE = { isIdle: true, sinceMs: 5_000 };

const quiet: Activity = { state: "quiet", source: "screen", reason: "", sinceMs: 1_000, workedUntilMs: 1_000 };
const blocked: Activity = { ...quiet, state: "blocked", kind: "question", source: "program-status" };
const working = (sinceMs: number, workedUntilMs: number): Activity => ({
  state: "working",
  source: "screen",
  reason: "",
  sinceMs,
  workedUntilMs,
});

describe("an active session becomes idle", () => {
  it("when it has been quiet for the time that is configured, and tells when that is", () => {
    expect(reviewIdleness(ACTIVE, quiet, null, TERMS, 10_999)).toEqual({ isIdle: false, changesAtMs: 11_000 });
    expect(reviewIdleness(ACTIVE, quiet, null, TERMS, 11_000)).toEqual({ isIdle: true, changesAtMs: null });
  });

  it("at once when it is blocked, or was said to be quiet", () => {
    expect(reviewIdleness(ACTIVE, blocked, null, TERMS, 1_000).isIdle).toBe(true);
    expect(reviewIdleness(ACTIVE, { ...quiet, source: "explicit" }, null, TERMS, 1_000).isIdle).toBe(true);
  });

  it("later when somebody has typed since, even if it still says that it is blocked", () => {
    expect(reviewIdleness(ACTIVE, quiet, 8_000, TERMS, 12_000)).toEqual({ isIdle: false, changesAtMs: 18_000 });
    expect(reviewIdleness(ACTIVE, blocked, 8_000, TERMS, 12_000)).toEqual({ isIdle: false, changesAtMs: 18_000 });
  });

  it("never while it works", () => {
    expect(reviewIdleness(ACTIVE, working(0, 0), null, TERMS, 100_000)).toEqual({ isIdle: false, changesAtMs: null });
  });
});

describe("an idle session becomes active", () => {
  it("when it has been seen working for long enough, not by a single change", () => {
    expect(reviewIdleness(IDLE, working(9_000, 9_000), null, TERMS, 11_900)).toEqual({
      isIdle: true,
      changesAtMs: null,
    });
    expect(reviewIdleness(IDLE, working(9_000, 10_900), null, TERMS, 11_900).isIdle).toBe(true);
    expect(reviewIdleness(IDLE, working(9_000, 11_000), null, TERMS, 11_000).isIdle).toBe(false);
  });

  it("when it has said for long enough that it works", () => {
    const says: Activity = { ...working(9_000, 9_500), source: "program-status" };
    expect(reviewIdleness(IDLE, says, null, TERMS, 9_500)).toEqual({ isIdle: true, changesAtMs: 11_000 });
    expect(reviewIdleness(IDLE, { ...says, workedUntilMs: 11_000 }, null, TERMS, 11_000).isIdle).toBe(false);
  });

  it("at once by a key, which came after it was idle", () => {
    expect(reviewIdleness(IDLE, quiet, 6_000, TERMS, 6_000)).toEqual({ isIdle: false, changesAtMs: 16_000 });
    expect(reviewIdleness(IDLE, quiet, 4_000, TERMS, 6_000).isIdle).toBe(true);
  });
});
