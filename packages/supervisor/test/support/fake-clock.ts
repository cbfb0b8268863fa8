import type { Clock } from "../../src/clock.ts";

export interface FakeClock extends Clock {
  /** Lets time pass: everything that falls due is called, in order. */
  advance(durationMs: number): void;
  /** Calls that are waiting. */
  readonly pending: number;
}

export function createFakeClock(epochMs = Date.parse("2026-11-01T09:00:00.000Z")): FakeClock {
  const timers = new Set<{ readonly due: number; readonly callback: () => void }>();
  let elapsedMs = 0;
  return {
    now: () => epochMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    after(delayMs, callback) {
      const timer = { due: elapsedMs + Math.max(0, delayMs), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(durationMs) {
      const until = elapsedMs + durationMs;
      for (;;) {
        const next = [...timers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0];
        if (next === undefined) break;
        timers.delete(next);
        elapsedMs = Math.max(elapsedMs, next.due);
        next.callback();
      }
      elapsedMs = until;
    },
    get pending() {
      return timers.size;
    },
  };
}
