import fc from "fast-check";
import { expect, test } from "vitest";
import { grantBudget, nextStep } from "../../src/stream/budget.ts";

const KIB = 1024;

test("a budget is what was asked for, within bounds, and a person's terminal has a small one", () => {
  expect([grantBudget(), grantBudget(1), grantBudget(300 * KIB), grantBudget(Number.MAX_SAFE_INTEGER)]).toEqual([
    128 * KIB,
    16 * KIB,
    300 * KIB,
    1024 * KIB,
  ]);
});

test("a client within its budget gets everything, one beyond it nothing until it has consumed what it was sent", () => {
  const progress = { next: 100, acknowledged: 50, historyEnd: 0, end: 150, budgetBytes: 100 };
  expect(nextStep(progress)).toEqual({ kind: "send", bytes: 50 });
  expect(nextStep({ ...progress, end: 151 })).toEqual({ kind: "wait" });
  expect(nextStep({ ...progress, end: 151, acknowledged: 51 })).toEqual({ kind: "send", bytes: 51 });
  expect(nextStep({ ...progress, end: 5000, acknowledged: 100 })).toEqual({ kind: "skip", to: 5000 });
  expect(nextStep({ ...progress, end: 100 })).toEqual({ kind: "wait" });
});

/** What happens to a client: output comes, or it consumes part of what it was sent. */
const event = fc.oneof(
  fc.record({ kind: fc.constant("output" as const), bytes: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ kind: fc.constant("ack" as const), percent: fc.nat(100) }),
);

test("whatever comes and however it is consumed: bounded, in order, nothing twice, history whole, the newest at the end", () => {
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 60 }),
      fc.nat(2000),
      fc.integer({ min: 10, max: 500 }),
      (events, historyEnd, budgetBytes) => {
        let [next, acknowledged, end] = [0, 0, historyEnd];
        const pump = (): void => {
          for (;;) {
            const step = nextStep({ next, acknowledged, historyEnd, end, budgetBytes });
            if (step.kind === "wait") return;
            if (step.kind === "skip") {
              expect(next).toBeGreaterThanOrEqual(historyEnd);
              expect(acknowledged).toBe(next);
              expect(step.to).toBe(end);
              next = acknowledged = step.to;
            } else {
              expect(step.bytes).toBeGreaterThan(0);
              next += step.bytes;
              expect(next).toBeLessThanOrEqual(end);
              expect(next - acknowledged).toBeLessThanOrEqual(budgetBytes);
            }
          }
        };
        for (const happening of events) {
          if (happening.kind === "output") end += happening.bytes;
          else acknowledged += Math.ceil(((next - acknowledged) * happening.percent) / 100);
          pump();
        }
        while (next < end) {
          const before = next;
          acknowledged = next;
          pump();
          expect(next).toBeGreaterThan(before);
        }
      },
    ),
  );
});
