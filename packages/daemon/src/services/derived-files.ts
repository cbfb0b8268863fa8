import { setImmediate as nextTurn } from "node:timers/promises";
import { messageOf } from "@orchastration/protocol";
import type { StoredEvent } from "@orchastration/protocol/contract";
import type { Log } from "../logging/log.ts";
import type { Registry } from "../registry/registry.ts";
import { createUntilDone, isPassing, type Persist } from "./persist.ts";

/** A file that says again what the registry holds. */
export interface DerivedFile {
  /** The same for every event after which the same file is written. */
  readonly key: string;
  /** Writes it as the registry has it now. */
  write(): Promise<void>;
}

/** The files of one kind, written after the commits that change what they say, one after another. */
export interface DerivedFiles {
  /** Resolves when they say what the registry said after that event, or at once cannot be written. */
  written(seq: number): Promise<void>;
  /** Every file that was due by this event, or an earlier one, is written. */
  writtenThrough(): number;
  /** Writes those that an earlier daemon did not: it died first, or the disk was full. */
  writeOwed(): Promise<void>;
  /** Finishes what is under way. */
  close(): Promise<void>;
}

export interface DerivedFilesDependencies {
  readonly registry: Pick<Registry, "events" | "onCommitted" | "recordsSettledThrough">;
  /** The files that say something else after this event. */
  readonly filesAfter: (event: StoredEvent) => Iterable<DerivedFile>;
  /** The same for an event of an earlier daemon, which may have written them. */
  readonly filesOwedFor?: (event: StoredEvent) => Iterable<DerivedFile>;
  readonly persist: Persist;
  readonly log: Log;
}

interface DueFile {
  readonly file: DerivedFile;
  /** Of the first event since which it says something else. */
  readonly sinceSeq: number;
}

/** Events that are read from the log at once. */
const PAGE = 500;

/** One that cannot be written holds up no other; it is tried again until it can be, and by the next daemon. */
export function createDerivedFiles(deps: DerivedFilesDependencies): DerivedFiles {
  const { registry, filesAfter, filesOwedFor = filesAfter, persist, log } = deps;
  const due = new Map<string, DueFile>();
  const waiting = new Set<{ readonly seq: number; readonly resolve: () => void }>();
  const settledThrough = registry.recordsSettledThrough();
  const begunAt = registry.events.headSeq();
  let isOwedKnown = settledThrough >= begunAt;
  let seenThrough = begunAt;
  let triedThrough = begunAt;
  let tail: Promise<void> = Promise.resolve();

  registry.onCommitted((events) => {
    for (const event of events) note(event, filesAfter(event));
    seenThrough = events.at(-1)?.seq ?? seenThrough;
    // Most commits change none of these files.
    if (due.size === 0) noteTried(seenThrough);
    else writeSoon();
  });

  function note({ seq }: StoredEvent, files: Iterable<DerivedFile>): void {
    for (const file of files) due.set(file.key, { file, sinceSeq: Math.min(seq, due.get(file.key)?.sinceSeq ?? seq) });
  }

  const keepTrying = createUntilDone(persist, inTurn, () => due.size === 0);
  const writeSoon = (): void => void inTurn().catch(keepTrying);

  function inTurn(): Promise<void> {
    const done = tail.then(writeDue);
    tail = done.catch(() => undefined);
    return done;
  }

  /** @throws the first of the failures after which the same may be possible later */
  async function writeDue(): Promise<void> {
    const through = seenThrough;
    let failure: Error | undefined;
    for (const [key, each] of due) {
      try {
        await each.file.write();
      } catch (error) {
        if (isPassing(error)) {
          failure ??= error;
          continue;
        }
        log.error("record.unwritten", `${key}: ${messageOf(error)}`);
      }
      if (due.get(key) === each) due.delete(key);
    }
    noteTried(through);
    if (failure !== undefined) throw failure;
  }

  function noteTried(through: number): void {
    triedThrough = Math.max(triedThrough, through);
    for (const waiter of waiting) {
      if (waiter.seq > triedThrough) continue;
      waiting.delete(waiter);
      waiter.resolve();
    }
  }

  async function noteOwed(): Promise<void> {
    for (let after = settledThrough; after < begunAt; await nextTurn()) {
      const page = registry.events.readAfter(after, Math.min(PAGE, begunAt - after));
      for (const event of page) note(event, filesOwedFor(event));
      after = page.at(-1)?.seq ?? begunAt;
    }
    isOwedKnown = true;
  }

  return {
    written: (seq) =>
      seq <= triedThrough ? Promise.resolve() : new Promise((resolve) => waiting.add({ seq, resolve })),
    writtenThrough() {
      const oldestDue = Math.min(seenThrough + 1, ...[...due.values()].map(({ sinceSeq }) => sinceSeq));
      return Math.min(isOwedKnown ? seenThrough : settledThrough, oldestDue - 1);
    },
    async writeOwed() {
      if (!isOwedKnown) await noteOwed();
      writeSoon();
      await tail;
    },
    async close() {
      await tail;
    },
  };
}
