import { expect, test } from "vitest";
import { count, formatArgv, formatBytes, formatDuration, formatTime } from "../../src/output/format.ts";

test.each([
  [null, "-"],
  [0.4, "0 ms"],
  [999.4, "999 ms"],
  [3_400, "3.4 s"],
  [59_940, "59.9 s"],
  [59_960, "1 min 0 s"],
  [725_000, "12 min 5 s"],
  [3_599_700, "1 h 0 min"],
  [12_000_000, "3 h 20 min"],
])("%s ms is shown as %s", (durationMs, expected) => {
  expect(formatDuration(durationMs)).toBe(expected);
});

test.each([
  [0, "0 B"],
  [1_023, "1023 B"],
  [1_536, "1.5 KiB"],
  [3 * 1024 ** 4, "3.0 TiB"],
])("%s bytes are shown as %s", (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected);
});

test("times are shown in the caller's own zone", () => {
  const time = new Date(2026, 10, 1, 9, 5, 7);
  expect(formatTime(time.toISOString())).toBe("2026-11-01 09:05:07");
  expect(formatTime(null)).toBe("-");
});

test("words are quoted where their ends would not be seen", () => {
  expect(formatArgv(["ls", "-la", "a b", "", "$(x)", "x=1"])).toBe('ls -la "a b" "" "$(x)" x=1');
});

test("nouns follow their number", () => {
  expect([count(0, "run"), count(1, "run"), count(2, "run")]).toEqual(["0 runs", "1 run", "2 runs"]);
});
