import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { createFileLog } from "../src/log.ts";

const now = () => Date.parse("2026-11-01T09:00:00.000Z");

test("a log that says nothing has no file", () => {
  const path = join(temporaryDirectory(), "x.log");
  createFileLog(path, now);
  expect(existsSync(path)).toBe(false);
});

test("each entry is a line of JSON, for its owner alone", () => {
  const path = join(temporaryDirectory(), "x.log");
  const log = createFileLog(path, now);
  log.info("signal.ignored", "SIGTERM is ignored.", { sessions: 2 });
  log.error("defect", "line\nbreak");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      timestamp: "2026-11-01T09:00:00.000Z",
      level: "info",
      event: "signal.ignored",
      message: "SIGTERM is ignored.",
      sessions: 2,
    },
    { timestamp: "2026-11-01T09:00:00.000Z", level: "error", event: "defect", message: "line\nbreak" },
  ]);
});

test("an entry that cannot be written disturbs nobody", () => {
  createFileLog(join(temporaryDirectory(), "gone", "x.log"), now).error("defect", "unwritten");
});
