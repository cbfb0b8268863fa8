import type { StoredEvent } from "@orchastration/protocol/contract";
import { expect, test } from "vitest";
import { until } from "../../../../test/support/until.ts";
import type { Log } from "../../src/logging/log.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { createDerivedFiles } from "../../src/services/derived-files.ts";
import { createPersist } from "../../src/services/persist.ts";

/** A log of events, each of which changes the file that its entity names; `owed` were there before. */
function arrange(owed: readonly string[] = []) {
  const said: string[] = [];
  const log = { error: (event: string) => said.push(event), info: () => {} } as unknown as Log;
  const events: StoredEvent[] = [];
  let tell: (events: readonly StoredEvent[]) => void = () => {};
  const commit = (...entities: readonly string[]): number => {
    const added = entities.map((entity, index) => ({ seq: events.length + index + 1, entity }) as StoredEvent);
    events.push(...added);
    tell(added);
    return events.length;
  };
  commit(...owed);
  const state = {
    broken: new Map<string, unknown>(),
    written: [] as string[],
    timers: [] as (() => void)[],
    troubles: [] as readonly string[],
  };
  const files = createDerivedFiles({
    registry: {
      events: {
        headSeq: () => events.length,
        readAfter: (seq: number, limit: number) => events.slice(seq, seq + limit),
      },
      recordsSettledThrough: () => 0,
      onCommitted: (listener: typeof tell) => (tell = listener),
    } as unknown as Registry,
    filesAfter: ({ entity }) => [
      {
        key: entity,
        async write() {
          await Promise.resolve();
          if (state.broken.has(entity)) throw state.broken.get(entity);
          state.written.push(entity);
        },
      },
    ],
    persist: createPersist({
      log,
      setTimer: (callback) => state.timers.push(callback),
      onTrouble: (reasons) => (state.troubles = reasons),
    }),
    log,
  });
  return { files, state, commit, said };
}

const noRoom = Object.assign(new Error("ENOSPC: no space left on device, open"), { code: "ENOSPC", syscall: "open" });

test("a file that cannot be written holds up no other, is said, and follows when it can be", async () => {
  const { files, state, commit } = arrange();
  await files.writeOwed();
  state.broken.set("a", noRoom);
  commit("a");
  await files.written(commit("b", "c"));
  await until(() => state.timers.length === 1);
  expect(new Set(state.written)).toEqual(new Set(["b", "c"]));
  expect(state.troubles).toEqual([noRoom.message]);
  expect(files.writtenThrough()).toBe(0);

  await files.written(commit("d"));
  expect(state.written).toContain("d");
  state.broken.clear();
  state.timers.shift()?.();
  await until(() => state.troubles.length === 0);
  expect(state.written).toContain("a");
  expect(files.writtenThrough()).toBe(4);
});

test("a file that changes while it waits is owed since its first change", async () => {
  const { files, state, commit } = arrange();
  await files.writeOwed();
  await files.written(commit("b"));
  state.broken.set("a", noRoom);
  commit("a");
  await files.written(commit("a", "b"));
  expect(files.writtenThrough()).toBe(1);
});

test("what an earlier daemon owes is written once each, and counts as owed until then", async () => {
  const { files, state, commit } = arrange(["a", "b", "a"]);
  expect(files.writtenThrough()).toBe(0);
  await files.written(commit("c"));
  expect({ written: state.written, through: files.writtenThrough() }).toEqual({ written: ["c"], through: 0 });
  await files.writeOwed();
  expect({ written: state.written, through: files.writtenThrough() }).toEqual({ written: ["c", "a", "b"], through: 4 });
});

test("what can never be written is said once, and not tried for ever", async () => {
  const { files, state, commit, said } = arrange();
  await files.writeOwed();
  state.broken.set("a", new TypeError("a defect"));
  await files.written(commit("a"));
  expect(said).toEqual(["record.unwritten"]);
  expect({ timers: state.timers, through: files.writtenThrough() }).toEqual({ timers: [], through: 1 });
});
