import fc from "fast-check";
import { expect, test } from "vitest";
import { admit, type Candidate, type Limits } from "../../src/domain/admission.ts";

const noLimits: Limits = { concurrency: null, groups: new Map() };
const candidate = (id: string, group: string | null = null, priority = 0): Candidate => ({ id, group, priority });
const ids = (runs: readonly Candidate[]): string[] => runs.map(({ id }) => id);

test("without limits everything starts", () => {
  expect(ids(admit([candidate("a"), candidate("b")], [candidate("c")], noLimits))).toEqual(["a", "b"]);
});

test("higher priority starts first, then age", () => {
  const queued = [candidate("old"), candidate("urgent", null, 5), candidate("young")];
  expect(ids(admit(queued, [], { ...noLimits, concurrency: 2 }))).toEqual(["urgent", "old"]);
});

test("a full group holds back its own members only", () => {
  const limits: Limits = { concurrency: null, groups: new Map([["db", { concurrency: 1 }]]) };
  const queued = [candidate("a", "db"), candidate("b", "db"), candidate("c"), candidate("d", "unlimited")];
  expect(ids(admit(queued, [], limits))).toEqual(["a", "c", "d"]);
  expect(ids(admit(queued, [candidate("live", "db")], limits))).toEqual(["c", "d"]);
});

test("no limit is ever exceeded, and nothing waits that could start", () => {
  const group = fc.constantFrom(null, "x", "y", "z");
  const runs = (prefix: string) =>
    fc
      .array(fc.record({ group, priority: fc.integer({ min: -2, max: 2 }) }), { maxLength: 12 })
      .map((list) => list.map((facts, index) => ({ ...facts, id: `${prefix}${index}` })));
  const limit = fc.option(fc.integer({ min: 1, max: 4 }), { nil: null });
  fc.assert(
    fc.property(runs("q"), runs("l"), limit, limit, limit, (queued, live, concurrency, x, y) => {
      const groups = new Map([
        ["x", { concurrency: x }],
        ["y", { concurrency: y }],
      ]);
      const admitted = admit(queued, live, { concurrency, groups });
      const after = [...live, ...admitted];
      const isFull = (name: string | null): boolean => {
        const of = name === null ? undefined : groups.get(name)?.concurrency;
        return of !== undefined && of !== null && after.filter((run) => run.group === name).length >= of;
      };
      const isAllFull = concurrency !== null && after.length >= concurrency;
      if (admitted.length > 0 && concurrency !== null) expect(after.length).toBeLessThanOrEqual(concurrency);
      for (const name of ["x", "y"]) {
        const of = groups.get(name)?.concurrency ?? Number.POSITIVE_INFINITY;
        if (admitted.some((run) => run.group === name)) {
          expect(after.filter((run) => run.group === name).length).toBeLessThanOrEqual(of);
        }
      }
      for (const waiting of queued.filter((run) => !admitted.includes(run))) {
        expect(isAllFull || isFull(waiting.group)).toBe(true);
      }
    }),
  );
});
