import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../src/clock.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const DAY_MS = 86_400_000;

test("a delay longer than a timer can take is waited for to its end", () => {
  let calls = 0;
  systemClock.after(60 * DAY_MS, () => calls++);
  vi.advanceTimersByTime(59 * DAY_MS);
  expect(calls).toBe(0);
  vi.advanceTimersByTime(2 * DAY_MS);
  expect(calls).toBe(1);
});

test("a delay without end is one, and can be cancelled at any time", () => {
  let calls = 0;
  const cancel = systemClock.after(Number.POSITIVE_INFINITY, () => calls++);
  vi.advanceTimersByTime(100 * DAY_MS);
  expect(calls).toBe(0);
  cancel();
  expect(vi.getTimerCount()).toBe(0);
});

test("a delay that is over already is called soon, not at once", () => {
  let calls = 0;
  systemClock.after(-5, () => calls++);
  expect(calls).toBe(0);
  vi.advanceTimersByTime(1);
  expect(calls).toBe(1);
});
