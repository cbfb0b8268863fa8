import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { exitFilePath, readExitFile } from "@orchastration/protocol/node";
import type { ExitedSession } from "@orchastration/protocol/supervisor";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { until } from "../../../test/support/until.ts";
import { keepExit } from "../src/exit-record.ts";
import { createFakeClock } from "./support/fake-clock.ts";
import { createRecordingLog } from "./support/recording-log.ts";

const exited: ExitedSession = {
  status: "exited",
  session: "2c9dk3mf0w1x",
  process: { pid: 42, startTime: "99", bootId: "b" },
  startedAt: "2026-11-01T09:00:00.000Z",
  endedAt: "2026-11-01T09:00:01.000Z",
  durationMs: 1000,
  exit: { code: 0 },
  stopReason: null,
  stdoutBytes: 3,
  stderrBytes: 0,
  survivors: 0,
};

test("an exit is on disk before it is told, and gone when forgotten", async () => {
  const directory = temporaryDirectory();
  const record = keepExit(createFakeClock(), createRecordingLog(), directory, exited);
  await record.attempted;
  expect(record.isDurable()).toBe(true);
  expect(readExitFile(directory)).toEqual(exited);
  await record.forget();
  expect(existsSync(exitFilePath(directory))).toBe(false);
});

test("a directory that cannot be written hides no exit, and is tried again", async () => {
  const clock = createFakeClock();
  const log = createRecordingLog();
  const directory = join(temporaryDirectory(), "missing");
  const record = keepExit(clock, log, directory, exited);
  await record.attempted;
  expect(record.isDurable()).toBe(false);
  expect(log.events).toEqual(["exit.unwritten"]);
  mkdirSync(directory);
  clock.advance(5000);
  await until(() => record.isDurable());
  expect(readExitFile(directory)).toEqual(exited);
});

test("a forgotten exit is not tried again", async () => {
  const clock = createFakeClock();
  const directory = join(temporaryDirectory(), "missing");
  const record = keepExit(clock, createRecordingLog(), directory, exited);
  await record.attempted;
  await record.forget();
  expect(clock.pending).toBe(0);
});
