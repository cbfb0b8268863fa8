import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import { expect, test } from "vitest";
import { until } from "../../../../test/support/until.ts";
import type { Log } from "../../src/logging/log.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { createPersist } from "../../src/services/persist.ts";
import { createRunRecords } from "../../src/services/run-records.ts";

const silent: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  trace() {},
  setLevel() {},
  close: () => Promise.resolve(),
};

/** As much of a registry as records need: ended runs, and the mark. */
function arrange(dir: string) {
  const ended: Run[] = [];
  const state = {
    mark: 0,
    others: Number.POSITIVE_INFINITY,
    broken: new Set<string>(),
    written: [] as string[],
    troubles: [] as readonly string[],
    timers: [] as (() => void)[],
  };
  const registry = {
    runs: { endedAfter: (seq: number) => ended.filter((run) => run.eventSeq > seq) },
    recordsSettledThrough: () => state.mark,
    commit: (write: (tx: object) => unknown) =>
      Promise.resolve(write({ settleRecordsThrough: (seq: number) => (state.mark = seq) })),
  } as unknown as Registry;
  const records = createRunRecords({
    registry,
    async writeRecord(run) {
      if (state.broken.has(run.id)) throw new Error("no space left on device");
      await writeFile(run.recordPath, "{}");
      state.written.push(run.id);
    },
    othersWrittenThrough: () => state.others,
    persist: createPersist({
      log: silent,
      setTimer: (callback) => state.timers.push(callback),
      onTrouble: (reasons) => (state.troubles = reasons),
    }),
    setTimer: () => {},
    log: silent,
  });
  const end = (): Run => {
    const id = newId();
    const run = { id, eventSeq: ended.length + 1, recordPath: join(dir, id) } as Run;
    ended.push(run);
    return run;
  };
  return { state, records, end };
}

test("a record that cannot be written holds up no other, and is written with the next run", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "orchastration-"));
  const { state, records, end } = arrange(dir.path);
  const [first, second] = [end(), end()];
  state.broken.add(first.id);
  records.write(second);
  await records.written(second.id);
  expect(state.written).toEqual([second.id]);

  state.broken.clear();
  const third = end();
  records.write(third);
  await records.written(third.id);
  // The last two at the same time.
  expect(new Set(state.written)).toEqual(new Set([second.id, first.id, third.id]));
  await records.close();
  expect(state.mark).toBe(third.eventSeq);
});

test("the mark never passes a record that is still owed", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "orchastration-"));
  const { state, records, end } = arrange(dir.path);
  const [first, second, third] = [end(), end(), end()];
  state.broken.add(second.id);
  for (const run of [first, second, third]) records.write(run);
  await records.close();
  expect(new Set(state.written)).toEqual(new Set([first.id, third.id]));
  expect(state.mark).toBe(first.eventSeq);
});

test("a record that cannot be written is said, tried again without another run, and written when that is mended", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "orchastration-"));
  const { state, records, end } = arrange(dir.path);
  const run = end();
  state.broken.add(run.id);
  records.write(run);
  await records.written(run.id);
  await until(() => state.timers.length === 1);
  expect(state.troubles).toEqual(["no space left on device"]);
  state.timers.shift()?.();
  await until(() => state.timers.length === 1);
  state.broken.clear();
  state.timers.shift()?.();
  await until(() => state.troubles.length === 0);
  expect(state.written).toEqual([run.id]);
  await records.close();
  expect(state.mark).toBe(run.eventSeq);
});

test("the mark never passes what is owed of other files", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "orchastration-"));
  const { state, records, end } = arrange(dir.path);
  const [, second] = [end(), end()];
  state.others = 1;
  records.write(second);
  await records.close();
  expect(state.mark).toBe(1);
});
