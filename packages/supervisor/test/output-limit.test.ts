import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PipeOutput } from "@orchastration/protocol/supervisor";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { until } from "../../../test/support/until.ts";
import { checkIntervalMs, outputSizes, watchOutputLimit } from "../src/output-limit.ts";
import { createFakeClock } from "./support/fake-clock.ts";

const GIB = 2 ** 30;

function output(maxBytes: number): PipeOutput {
  const home = temporaryDirectory();
  const [stdoutPath, stderrPath] = [join(home, "out"), join(home, "err")];
  for (const path of [stdoutPath, stderrPath]) writeFileSync(path, "");
  return { kind: "pipes", stdoutPath, stderrPath, maxBytes };
}

test("both files together count, and the limit is told once", () => {
  const clock = createFakeClock();
  const files = output(10);
  let calls = 0;
  watchOutputLimit(clock, files, () => calls++);
  appendFileSync(files.stdoutPath, "12345");
  clock.advance(60_000);
  expect(calls).toBe(0);
  appendFileSync(files.stderrPath, "12345");
  clock.advance(60_000);
  expect(calls).toBe(1);
  expect(clock.pending).toBe(0);
  expect(outputSizes(files)).toEqual({ stdoutBytes: 5, stderrBytes: 5 });
});

test("a watch that was ended asks nothing of the clock", () => {
  const clock = createFakeClock();
  const files = output(10);
  const end = watchOutputLimit(clock, files, () => expect.unreachable());
  clock.advance(5000);
  end();
  expect(clock.pending).toBe(0);
});

test("output that stands still is looked at rarely, and soon again when the system tells that it grows", async () => {
  const clock = createFakeClock();
  const files = output(1000);
  let calls = 0;
  watchOutputLimit(clock, files, () => calls++);
  // Two looks that find the same.
  clock.advance(1000);
  clock.advance(1000);
  appendFileSync(files.stderrPath, "x".repeat(1000));
  // The watch tells of it at some turn of the event loop; from then on the next look is a second away, not thirty.
  await until(() => {
    clock.advance(100);
    return calls > 0;
  });
  expect(clock.monotonicMs()).toBeLessThan(30_000);
  expect(clock.pending).toBe(0);
});

test("what the system does not tell is found by the rare look", () => {
  const clock = createFakeClock();
  const files = output(1000);
  let calls = 0;
  watchOutputLimit(clock, files, () => calls++);
  clock.advance(2000);
  appendFileSync(files.stdoutPath, "x".repeat(1000));
  // No turn of the event loop passes, so that no watch is heard.
  clock.advance(30_000);
  expect(calls).toBe(1);
});

test("no limit, no watch", () => {
  const clock = createFakeClock();
  watchOutputLimit(clock, output(0), () => expect.unreachable());
  expect(clock.pending).toBe(0);
});

test("it is looked at again when the limit could be reached at 2 GiB a second, between 1 and 30 seconds", () => {
  expect(checkIntervalMs(1)).toBe(1000);
  expect(checkIntervalMs(8 * GIB)).toBe(4000);
  expect(checkIntervalMs(1000 * GIB)).toBe(30_000);
});
