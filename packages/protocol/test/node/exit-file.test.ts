import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { exitFilePath, readExitFile, removeExitFile, writeExitFile } from "../../src/node/exit-file.ts";
import type { ExitedSession } from "../../src/supervisor/methods.ts";

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

test("an exit is read as it was written, until it is removed", async () => {
  const directory = temporaryDirectory();
  expect(readExitFile(directory)).toBeUndefined();
  await writeExitFile(directory, exited);
  expect(readExitFile(directory)).toEqual(exited);
  expect(statSync(exitFilePath(directory)).mode & 0o777).toBe(0o600);
  removeExitFile(directory);
  removeExitFile(directory);
  expect(readdirSync(directory)).toEqual([]);
});

test("garbage in its place is no exit", () => {
  const directory = temporaryDirectory();
  for (const content of ["", "{", "null", "{}", JSON.stringify({ ...exited, status: "live" })]) {
    writeFileSync(exitFilePath(directory), content);
    expect(readExitFile(directory), content).toBeUndefined();
  }
});

test("an exit that cannot be read is not taken for none", () => {
  const directory = temporaryDirectory();
  mkdirSync(exitFilePath(directory));
  expect(() => readExitFile(directory)).toThrow(/EISDIR/);
});
