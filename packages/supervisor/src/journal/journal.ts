import { messageOf, OrchastrationError } from "@orchastration/protocol";
import { errorCode, type JournalRecord, type JournalSlice, openJournal } from "@orchastration/protocol/node";
import type { PtyOutput } from "@orchastration/protocol/supervisor";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { createIndexFile, type IndexFile } from "./index-file.ts";
import { createSegments, type SegmentBounds, type Segments } from "./segments.ts";

/** Bytes not yet written: above the one the terminal is paused, below the other it goes on. */
const HIGH_WATER_BYTES = 1024 * 1024;
const LOW_WATER_BYTES = 256 * 1024;
/** So much is worth a write of its own, whatever else may come. */
const WORTH_WRITING_BYTES = 64 * 1024;
/** After a failure to write, usually a full disk. */
const RETRY_MS = 5000;

export interface JournalDeps {
  readonly clock: Clock;
  readonly log: Log;
}

export interface JournalPlace {
  readonly session: string;
  readonly directory: string;
  readonly output: PtyOutput;
  readonly isClaimed?: boolean;
}

/** Everything a terminal has put out: what is written already, and what is on its way to the disk. */
export interface JournalWriter {
  /** Offset behind the newest byte, written or not. */
  readonly endOffset: number;
  readonly firstOffset: number;
  /** Keeps the array: the caller does not write to it again. Written at once or, together with what comes meanwhile, within a delay. */
  append(bytes: Uint8Array, delayMs?: number): void;
  markSize(cols: number, rows: number): void;
  /** As the reader's, but up to {@link endOffset}. */
  read(offset: number, maxBytes: number): JournalSlice;
  /** Nothing more comes. Resolves when all is written, or when it turns out that it cannot be written now. */
  end(): Promise<void>;
  /** Removes it again, before anything was given to it: nothing was started. */
  discard(): void;
}

type Entry =
  | { readonly kind: "output"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "mark"; readonly record: JournalRecord };

/**
 * One write is under way at a time, and takes everything that came during the one before. `onPressure` hears when the disk cannot follow and when
 * it can again: nothing else may slow a terminal.
 * @throws {OrchastrationError} SpawnFailed when the directory has a journal, StateUnavailable when it cannot have one
 */
export function createJournal(
  { clock, log }: JournalDeps,
  { session, directory, output, isClaimed = false }: JournalPlace,
  onPressure: (isHigh: boolean) => void,
): JournalWriter {
  const { index, segments } = createFiles(directory, output, isClaimed);
  const written = openJournal(directory);
  const queue: Entry[] = [];
  let endOffset = 0;
  let writtenOffset = 0;
  /** What is before it is to be written now. */
  let dueOffset = 0;
  let cancelDelay: (() => void) | undefined;
  let isPressed = false;
  let isWriting = false;
  let isEnding = false;
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<void>();

  function review(): void {
    const unwritten = endOffset - writtenOffset;
    const isHigh = isPressed ? unwritten > LOW_WATER_BYTES : unwritten > HIGH_WATER_BYTES;
    if (isHigh === isPressed) return;
    isPressed = isHigh;
    onPressure(isHigh);
  }

  function push(entry: Entry, delayMs = 0): void {
    queue.push(entry);
    if (delayMs === 0 || endOffset - Math.max(writtenOffset, dueOffset) >= WORTH_WRITING_BYTES) writeNow();
    else cancelDelay ??= clock.after(delayMs, writeNow);
  }

  function writeNow(): void {
    cancelDelay?.();
    cancelDelay = undefined;
    dueOffset = endOffset;
    if (!isWriting) void write();
  }

  function isDue(): boolean {
    const head = queue[0];
    return index.isBehind || (head !== undefined && (head.kind === "mark" || head.offset < dueOffset));
  }

  /** The output at the front of the queue, as far as it fits into one segment and no mark lies in between. */
  function nextBatch(): readonly Uint8Array[] {
    const batch: Uint8Array[] = [];
    let room = segments.roomBytes;
    for (const entry of queue) {
      if (entry.kind === "mark" || room === 0) break;
      batch.push(entry.bytes.subarray(0, room));
      room -= Math.min(room, entry.bytes.length);
    }
    return batch;
  }

  /** Data first: the index never speaks of bytes that are not there. */
  async function writeNext(): Promise<void> {
    const head = queue[0];
    if (head === undefined) return await index.append([]);
    if (head.kind === "mark") {
      queue.shift();
      return await index.append([head.record]);
    }
    const batch = nextBatch();
    const bytes = batch.reduce((sum, chunk) => sum + chunk.length, 0);
    await segments.append(batch);
    const record: JournalRecord = { kind: "chunk", atMs: clock.now(), offset: writtenOffset, bytes };
    writtenOffset += bytes;
    forgetWritten(queue, writtenOffset);
    const dropped = segments.dropOldest();
    await index.append(dropped === undefined ? [record] : [record, { kind: "dropped", atMs: clock.now(), ...dropped }]);
  }

  async function write(): Promise<void> {
    isWriting = true;
    while (isDue()) {
      try {
        await writeNext();
        review();
      } catch (error) {
        log.error("journal.unwritten", `Cannot write the journal of a session: ${messageOf(error)}`, { session });
        if (isEnding) resolveEnded();
        await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
      }
    }
    isWriting = false;
    if (isEnding) finish();
  }

  function finish(): void {
    try {
      segments.close();
      index.close();
    } catch (error) {
      log.error("journal.unfinished", `Cannot finish the journal of a session: ${messageOf(error)}`, { session });
      if (segments.isBehind) clock.after(RETRY_MS, finish);
    }
    resolveEnded();
  }

  return {
    get endOffset() {
      return endOffset;
    },
    get firstOffset() {
      return written.firstOffset;
    },
    append(bytes, delayMs) {
      const offset = endOffset;
      endOffset += bytes.length;
      push({ kind: "output", offset, bytes }, delayMs);
      review();
    },
    markSize(cols, rows) {
      push({ kind: "mark", record: { kind: "resize", atMs: clock.now(), offset: endOffset, cols, rows } });
    },
    read(offset, maxBytes) {
      if (offset < writtenOffset) return written.read(offset, Math.min(maxBytes, writtenOffset - offset));
      return { offset, bytes: gather(queue, offset, maxBytes) };
    },
    end() {
      if (!isEnding) {
        isEnding = true;
        push({ kind: "mark", record: { kind: "end", atMs: clock.now(), offset: endOffset } });
      }
      return ended;
    },
    discard() {
      segments.discard();
      index.discard();
    },
  };
}

function createFiles(
  directory: string,
  bounds: SegmentBounds,
  isClaimed: boolean,
): { index: IndexFile; segments: Segments } {
  let index: IndexFile | undefined;
  try {
    index = createIndexFile(directory, isClaimed);
    return { index, segments: createSegments(directory, bounds) };
  } catch (error) {
    index?.discard();
    throw new OrchastrationError(
      errorCode(error) === "EEXIST" ? "SpawnFailed" : "StateUnavailable",
      `Cannot create the journal of a terminal in ${directory}: ${messageOf(error)}`,
      { details: { path: directory, systemCode: errorCode(error) ?? null } },
    );
  }
}

/** What has been written leaves the queue; of a chunk of which only part fitted into a segment the rest stays. */
function forgetWritten(queue: Entry[], writtenOffset: number): void {
  let count = 0;
  for (const entry of queue) {
    if (entry.kind === "mark" || entry.offset + entry.bytes.length > writtenOffset) break;
    count++;
  }
  queue.splice(0, count);
  const [head] = queue;
  if (head?.kind === "output" && head.offset < writtenOffset) {
    queue[0] = { ...head, offset: writtenOffset, bytes: head.bytes.subarray(writtenOffset - head.offset) };
  }
}

function gather(queue: readonly Entry[], offset: number, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let room = maxBytes;
  for (const entry of queue) {
    if (entry.kind === "mark" || entry.offset + entry.bytes.length <= offset) continue;
    const part = entry.bytes.subarray(Math.max(0, offset - entry.offset)).subarray(0, room);
    parts.push(part);
    room -= part.length;
    if (room === 0) break;
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}
