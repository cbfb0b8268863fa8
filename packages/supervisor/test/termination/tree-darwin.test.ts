import { expect, test } from "vitest";
import { parseMarks, parseTable } from "../../src/termination/tree-darwin.ts";

test("a macOS process table is read, zombies left out", () => {
  const table = [
    "    1     0     1      0 Ss   Mon Nov  2 09:41:00 2026    ",
    "  412     1   410      0 T    Mon Nov 12 09:41:07 2026    ",
    "  413   412   410 1f3c80 Z    Mon Nov 12 09:41:08 2026    ",
    "garbage",
    "",
  ].join("\n");
  expect(parseTable(table)).toEqual([
    {
      pid: 1,
      parentPid: 0,
      groupId: 1,
      sessionId: 0,
      startTime: "Mon Nov 2 09:41:00 2026",
      startOrder: Date.UTC(2026, 10, 2, 9, 41, 0),
      isStopped: false,
    },
    {
      pid: 412,
      parentPid: 1,
      groupId: 410,
      sessionId: 0,
      startTime: "Mon Nov 12 09:41:07 2026",
      startOrder: Date.UTC(2026, 10, 12, 9, 41, 7),
      isStopped: true,
    },
  ]);
});

test("only what -E adds to a command is its environment", () => {
  const commands = [
    "  100 /bin/sleep 1000",
    "  101 grep ORCHASTRATION_RUN_ID=2c9dk3mf0w1x",
    "  102 node daemon.js",
    "  103 sleep 5",
  ].join("\n");
  const environments = [
    "  100 /bin/sleep 1000 PATH=/bin ORCHASTRATION_RUN_ID=2c9dk3mf0w1x HOME=/Users/ada",
    "  101 grep ORCHASTRATION_RUN_ID=2c9dk3mf0w1x PATH=/bin",
    "  102 node daemon.js ORCHASTRATION_ROLE=daemon",
    "  103 sleep 5 ORCHASTRATION_RUN_ID=2c9dk3mf0w1xy",
    "  104 began between the two ORCHASTRATION_RUN_ID=2c9dk3mf0w1x",
  ].join("\n");
  expect(parseMarks(commands, environments)).toEqual(
    new Map([
      [100, { marker: "2c9dk3mf0w1x", hasRole: false }],
      [101, { marker: null, hasRole: false }],
      [102, { marker: null, hasRole: true }],
      [103, { marker: "2c9dk3mf0w1xy", hasRole: false }],
    ]),
  );
});
