import { statSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Journal, listJournalSegments } from "@orchastration/protocol/node";
import type { ActivitySignal } from "../domain/activity.ts";
import { createSignalScanner } from "./output-signals.ts";

/** The screens get their turn between two. */
const SLICE_BYTES = 256 * 1024;
/** Of more than this at once only the end is searched. */
const SEARCHED_BYTES = 4 * 1024 * 1024;
const SEARCHED_OF_FLOOD_BYTES = 256 * 1024;
/** Of a session that was there before: so far back is searched for what its program said last. */
const SEARCHED_OF_PAST_BYTES = 1024 * 1024;

/** What a recording says about the activity of its session. */
export interface SignalSearch {
  /** In order: each search goes on where the one before ended, or skips. */
  search(from: number, end: number): Promise<void>;
  /** What the program of a session that was there before said last, and when that was at most. */
  lookBack(end: number): Promise<void>;
}

export interface SignalSearchDependencies {
  readonly journal: Journal;
  readonly directory: string;
  readonly onSignal: (signal: ActivitySignal) => void;
  readonly isClosed: () => boolean;
}

export function createSignalSearch({ journal, directory, onSignal, isClosed }: SignalSearchDependencies): SignalSearch {
  let isLookingBack = false;
  const scanner = createSignalScanner((signal) => {
    // A notification of long ago notifies nobody.
    if (!isLookingBack || signal.type !== "notification") onSignal(signal);
  });

  async function search(from: number, end: number): Promise<void> {
    let at = from;
    if (end - at > SEARCHED_BYTES) {
      scanner.skip();
      at = end - SEARCHED_OF_FLOOD_BYTES;
    }
    while (at < end && !isClosed()) {
      const { offset, bytes } = journal.read(at, Math.min(SLICE_BYTES, end - at));
      if (bytes.length === 0) return;
      if (offset > at) scanner.skip();
      scanner.take(bytes);
      at = offset + bytes.length;
      await nextTurn();
    }
  }

  return {
    search,
    async lookBack(end) {
      const ageMs = silenceMs(directory);
      if (ageMs === undefined) return;
      onSignal({ type: "last-output", ageMs });
      isLookingBack = true;
      await search(Math.max(0, end - SEARCHED_OF_PAST_BYTES), end).finally(() => {
        isLookingBack = false;
      });
    },
  };
}

/** Since the last output; undefined when there was none. */
function silenceMs(directory: string): number | undefined {
  const last = listJournalSegments(directory).at(-1);
  const stats = last && statSync(last.path, { throwIfNoEntry: false });
  return stats && Math.max(0, Date.now() - stats.mtimeMs);
}
