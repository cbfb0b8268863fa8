import fc from "fast-check";
import { expect, test } from "vitest";
import { createRunStatistics, type EndedRun } from "../../src/domain/run-statistics.ts";

const ended = (given: Partial<EndedRun> = {}): EndedRun => ({
  id: "7k3m9q2x5r8t",
  name: "sample",
  repository: null,
  status: "succeeded",
  endedAt: "2026-11-01T09:15:00.000Z",
  durationMs: 10,
  ...given,
});

function statisticsOf(runs: readonly EndedRun[]) {
  const statistics = createRunStatistics();
  runs.forEach(statistics.add);
  return statistics.jobs();
}

test("what was stopped says nothing about a job; what was lost failed, and took nobody knows how long", () => {
  const [job] = statisticsOf([
    ended({ status: "stopped", durationMs: 9_000 }),
    ended({ status: "cancelled", durationMs: null }),
    ended({ status: "lost", durationMs: 8_000, id: "lost00000000" }),
    ended({ status: "failed", durationMs: 30, id: "fail00000000" }),
    ended({ durationMs: 20 }),
    ended({ durationMs: 10 }),
  ]);
  expect(job).toEqual({
    name: "sample",
    repository: null,
    runs: 6,
    succeeded: 2,
    failed: 2,
    stopped: 2,
    successRate: 0.5,
    medianMs: 20,
    p95Ms: 30,
    lastFailure: { run: "lost00000000", status: "lost", at: "2026-11-01T09:15:00.000Z" },
  });
});

test("a job of which nothing has come to its own end has neither rate nor durations", () => {
  expect(statisticsOf([ended({ status: "stopped" })])).toMatchObject([
    { successRate: null, medianMs: null, p95Ms: null, lastFailure: null },
  ]);
});

test("jobs of one name in two repositories are two", () => {
  const jobs = statisticsOf([ended({ repository: "/b" }), ended({ name: "a" }), ended(), ended({ repository: "/b" })]);
  expect(jobs.map(({ name, repository, runs }) => [name, repository, runs])).toEqual([
    ["a", null, 1],
    ["sample", null, 1],
    ["sample", "/b", 2],
  ]);
});

test("half of the runs took no longer than the median, 95 of 100 no longer than the 95th percentile", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 }), (durations) => {
      const [job] = statisticsOf(durations.map((durationMs) => ended({ durationMs })));
      for (const [value, share] of [
        [job?.medianMs, 0.5],
        [job?.p95Ms, 0.95],
      ] as const) {
        if (typeof value !== "number") throw new Error("no percentile");
        expect(durations).toContain(value);
        const notLonger = durations.filter((each) => each <= value).length;
        const shorter = durations.filter((each) => each < value).length;
        expect(notLonger).toBeGreaterThanOrEqual(share * durations.length);
        expect(shorter).toBeLessThan(share * durations.length);
      }
    }),
  );
});
