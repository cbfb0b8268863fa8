import { methods, type Run } from "@orchastration/protocol/contract";
import fc from "fast-check";
import picocolors from "picocolors";
import { expect, test } from "vitest";
import { plotRuns } from "../../src/output/plot.ts";

const sample = methods["run.get"].example.result.run as unknown as Run;
const START = Date.parse("2026-11-01T09:00:00.000Z");
const plain = picocolors.createColors(false);
const colored = picocolors.createColors(true);

/** Seconds after the start. */
function run(name: string, from: number, to: number | null, status: Run["state"]["status"] = "succeeded"): Run {
  const at = (seconds: number): string => new Date(START + seconds * 1_000).toISOString();
  const durationMs = to === null ? null : (to - from) * 1_000;
  const ending = to === null ? {} : { endedAt: at(to), durationMs };
  return { ...sample, name, queuedAt: at(from), state: { status, startedAt: at(from), ...ending } } as Run;
}

const plot = (runs: readonly Run[], width = 29, colors = plain): string[] =>
  plotRuns(runs, { width, nowMs: START + 100_000, colors });

test("runs are bars over time, those of a job beside each other, and on lines of their own where they overlap", () => {
  const lines = plot([
    run("build", 50, null, "running"),
    run("nightly", 20, 30),
    run("build", 0, 50),
    run("build", 10, 12, "failed"),
  ]);
  expect(lines.slice(0, 4)).toEqual([
    "build   |##########>>>>>>>>>>",
    "        |  x",
    "nightly |    ##",
    "        +--------------------",
  ]);
  expect(lines.at(-1)).toContain("> running  # succeeded  x failed");
});

test("with colours bars are blocks, and the same columns wide", () => {
  const runs = [run("a", 0, 50), run("a", 50, 100, "failed")];
  const [line = ""] = plot(runs, 80, colored);
  expect(line).toContain("\u001b[32m█");
  expect(line).toContain("\u001b[31m█");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences.
  expect(line.replaceAll(/\u001b\[\d+m/g, "")).toHaveLength((plot(runs, 80)[0] ?? "").length);
});

test("what is too much to be drawn at one time is counted", () => {
  const lines = plot(Array.from({ length: 11 }, () => run("a", 0, 10)));
  expect(lines.filter((line) => line.includes("|"))).toHaveLength(8);
  expect(lines.at(-1)).toContain("3 runs at the same time not drawn");
});

test("names of others cannot act on the terminal", () => {
  expect(plot([run("\u001b[2Jx", 0, 10)]).join("")).not.toContain("\u001b");
});

test("every run is drawn within the width, whenever it was", () => {
  const seconds = fc.integer({ min: 0, max: 100 });
  const some = fc.array(fc.tuple(seconds, seconds), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(some, fc.integer({ min: 40, max: 200 }), (spans, width) => {
      const lines = plot(
        spans.map(([from, length]) => run("a", from, from + length)),
        width,
      );
      const bars = lines.filter((line) => line.includes("|"));
      expect(bars.every((line) => line.length <= width)).toBe(true);
      expect(bars.join("").replaceAll(/[^#]/g, "").length).toBeGreaterThanOrEqual(spans.length);
      expect(lines.at(-1)).not.toContain("not drawn");
    }),
  );
});
