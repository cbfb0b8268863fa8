import { existsSync, lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { journalDigestPath, journalSegmentPath } from "@orchastration/protocol/node";
import { afterEach, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import type { RetentionBounds } from "../../src/domain/retention.ts";
import type { Log } from "../../src/logging/log.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { findDroppedOutput } from "../../src/services/dropped-output.ts";
import { createRetention } from "../../src/services/retention.ts";
import { createSessionDirectories } from "../../src/services/session-directories.ts";
import { linkJournal } from "../../src/services/session-output.ts";
import { AT, complete, declare, ENDING, open, queue } from "../registry/sample-runs.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const DIGEST = "ab".repeat(32);
const NO_BOUNDS: RetentionBounds = { totalBytes: null, retentionMs: null };

const silent: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  trace() {},
  setLevel() {},
  close: () => Promise.resolve(),
};

const registries: Registry[] = [];
afterEach(() => {
  for (const registry of registries.splice(0)) registry.close();
});

function arrange(stateDir = temporaryDirectory()) {
  const registry = open(stateDir);
  registries.push(registry);
  const directories = createSessionDirectories(stateDir);
  const state = { bounds: NO_BOUNDS, nowMs: Date.parse(AT), timers: [] as { callback: () => void; delayMs: number }[] };
  const start = (removes = directories.remove) =>
    createRetention({
      registry,
      sessionDirectories: { ...directories, remove: removes },
      bounds: () => state.bounds,
      now: () => new Date(state.nowMs),
      setTimer: (callback, delayMs) => state.timers.push({ callback, delayMs }),
      log: silent,
    });

  function writeOutput(id: string, stdoutPath: string): void {
    const directory = directories.create(id);
    writeFileSync(journalSegmentPath(directory, 0), "0123456789");
    writeFileSync(journalSegmentPath(directory, 10), "01234");
    writeFileSync(journalDigestPath(directory, 0), `${DIGEST}  output.0.raw\n`);
    mkdirSync(dirname(stdoutPath), { recursive: true });
    linkJournal(stdoutPath, directory);
  }

  /** A run with a terminal that ended so long after the first moment. */
  async function ended(afterMs: number) {
    const declared = declare(stateDir, { isTty: true });
    writeOutput(declared.id, declared.output.stdoutPath);
    const endedAt = new Date(Date.parse(AT) + afterMs).toISOString();
    return complete(registry, declared, { ...ENDING, endedAt });
  }

  async function live() {
    const declared = declare(stateDir, { isTty: true });
    writeOutput(declared.id, declared.output.stdoutPath);
    return queue(registry, declared);
  }
  return { stateDir, registry, directories, state, start, ended, live };
}

test("output older than the days that are kept goes on the day it is, with its digests in the log", async () => {
  const { state, start, ended, live, directories, registry } = arrange();
  const old = await ended(0);
  const young = await ended(DAY_MS);
  const lives = await live();
  const retention = start();
  state.bounds = { totalBytes: null, retentionMs: 7 * DAY_MS };
  await retention.review();
  expect(new Set(directories.names())).toEqual(new Set([old.id, young.id, lives.id]));

  state.nowMs += 7 * DAY_MS + 1;
  const [daily] = state.timers.splice(0);
  expect(daily?.delayMs).toBe(DAY_MS);
  daily?.callback();
  await retention.review();
  expect(new Set(directories.names())).toEqual(new Set([young.id, lives.id]));
  expect(state.timers).toHaveLength(1);
  expect(lstatSync(old.output.stdoutPath, { throwIfNoEntry: false })).toBeUndefined();
  const [event] = registry.events.readEntityAfter(`run:${old.id}`, old.eventSeq, 10);
  expect(event).toMatchObject({
    name: "session.outputDropped",
    actor: { kind: "policy", name: "retention" },
    payload: {
      run: old.id,
      reason: "retention_days",
      bytes: 15,
      segments: [
        { offset: 0, bytes: 10, sha256: DIGEST },
        { offset: 10, bytes: 5, sha256: null },
      ],
    },
  });
  expect(registry.runs.get(old.id)).toEqual(old);
  expect(await registry.verify()).toMatchObject({ ok: true });
});

test("a session that ends makes room at once when the total asks for it", async () => {
  const { state, start, ended, directories } = arrange();
  state.bounds = { totalBytes: 20, retentionMs: null };
  start();
  const first = await ended(0);
  const second = await ended(1);
  await expect.poll(() => directories.names()).toEqual([second.id]);
  expect(first.id).not.toBe(second.id);
});

test("a daemon that dies between the event and the deletion leaves it to the next one, which says nothing twice", async () => {
  const { state, start, ended, directories, registry } = arrange();
  const run = await ended(0);
  state.bounds = { totalBytes: 1, retentionMs: null };
  await start(() => {
    throw new Error("the daemon died here");
  }).review();
  expect(directories.names()).toEqual([run.id]);
  const headSeq = registry.events.headSeq();
  expect(findDroppedOutput(registry.events, run)).toMatchObject({ bytes: 15, reason: "max_bytes_total" });

  state.bounds = NO_BOUNDS;
  await start().review();
  expect(directories.names()).toEqual([]);
  expect(registry.events.headSeq()).toBe(headSeq);
});

test("a session that no run tells of is nobody's to delete", async () => {
  const { state, start, directories } = arrange();
  directories.create("000000000000");
  writeFileSync(journalSegmentPath(directories.pathOf("000000000000"), 0), "unknown");
  state.bounds = { totalBytes: 1, retentionMs: 1 };
  await start().review();
  await nextTurn();
  expect(existsSync(journalSegmentPath(directories.pathOf("000000000000"), 0))).toBe(true);
});
