import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, OrchastrationError } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import { flushDirectory } from "@orchastration/protocol/node";
import type { Log } from "../logging/log.ts";
import type { Registry } from "../registry/registry.ts";
import { createUntilDone, isPassing, type Persist } from "./persist.ts";

/** Files that are flushed at the same time share what the file system writes for them. It takes a thread each, of four. */
const AT_ONCE = 3;

/** How long a mark may lag behind the files it speaks of: it only saves the next daemon a look at them. */
const MARK_DELAY_MS = 1_000;

export interface RunRecords {
  /** Begins to write the record files of a run that has just ended. Called in the order of the log. */
  write(run: Run): void;
  /** Resolves when nothing more is being written for this run. */
  written(id: string): Promise<void>;
  /** Writes the records an earlier daemon did not: it died first, or the disk was full. */
  writeOwed(): Promise<void>;
  /** Finishes what is under way and marks it. */
  close(): Promise<void>;
}

export interface RunRecordsDependencies {
  readonly registry: Registry;
  readonly writeRecord: (run: Run) => Promise<void>;
  /** Of every other kind of file that is derived from the log: the event through which all of them are written. */
  readonly othersWrittenThrough: () => number;
  readonly persist: Persist;
  readonly setTimer: (callback: () => void, delayMs: number) => void;
  readonly log: Log;
}

/**
 * Record files are derived from the registry: written after the commit, those of runs that end meanwhile together. One that cannot be written holds up
 * no other; it is tried again until it can be, and by the next daemon.
 */
export function createRunRecords(deps: RunRecordsDependencies): RunRecords {
  const { registry, writeRecord, othersWrittenThrough, persist, setTimer, log } = deps;
  const pending = new Map<string, Promise<void>>();
  let tail: Promise<void> = Promise.resolve();
  /** The look at what is owed that has not begun. */
  let next: Promise<void> | undefined;
  let writtenThrough = registry.recordsSettledThrough();
  let isMarkDue = false;
  let hasFailed = false;

  /** Every record owed, oldest first; the file of one is not written twice. @throws why the first of those was not that could not be written */
  async function catchUp(): Promise<void> {
    let failure: unknown;
    const folders = new Set<string>();
    for (const runs of inGroups(registry.runs.endedAfter(writtenThrough))) {
      const written = await Promise.allSettled(runs.map(writeOne));
      for (const [index, run] of runs.entries()) {
        const outcome = written[index];
        if (outcome?.status === "rejected") failure ??= outcome.reason;
        if (failure === undefined) writtenThrough = run.eventSeq;
        folders.add(dirname(run.recordPath));
      }
    }
    // What is not flushed is lost with the power at most, and can be written again at any time.
    for (const folder of folders) await flushDirectory(folder).catch(() => {});
    markSoon();
    hasFailed = failure !== undefined;
    if (hasFailed) throw failure;
  }

  async function writeOne(run: Run): Promise<void> {
    if (!existsSync(run.recordPath)) await writeRecord(run);
  }

  function markSoon(): void {
    if (isMarkDue || registry.recordsSettledThrough() === writtenThrough) return;
    isMarkDue = true;
    setTimer(() => {
      isMarkDue = false;
      void mark();
    }, MARK_DELAY_MS);
  }

  async function mark(): Promise<void> {
    const through = Math.min(writtenThrough, othersWrittenThrough());
    if (registry.recordsSettledThrough() >= through) return;
    await registry
      .commit((tx) => tx.settleRecordsThrough(through))
      .catch((error: unknown) => {
        log.debug("record.unmarked", String(error));
      });
  }

  function inTurn(): Promise<void> {
    if (next === undefined) {
      next = tail.then(() => {
        next = undefined;
        return catchUp().catch(failInTheEnd);
      });
      tail = next.catch(() => undefined);
    }
    return next;
  }

  const keepTrying = createUntilDone(persist, inTurn, () => !hasFailed);
  const tryNow = (): Promise<void> => inTurn().catch(keepTrying);

  return {
    write(run) {
      const done = tryNow();
      pending.set(run.id, done);
      void done.finally(() => pending.delete(run.id));
    },
    written: (id) => pending.get(id) ?? Promise.resolve(),
    writeOwed: tryNow,
    async close() {
      await tail;
      await mark();
    },
  };
}

/** Every record can be written in the end, whatever it failed for. */
function failInTheEnd(error: unknown): never {
  throw isPassing(error) ? error : new OrchastrationError("SystemFailed", messageOf(error), { cause: error });
}

function* inGroups(runs: Iterable<Run>): Generator<readonly Run[]> {
  let group: Run[] = [];
  for (const run of runs) {
    if (group.push(run) < AT_ONCE) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
