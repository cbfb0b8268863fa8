import { messageOf, OrchastrationError } from "@orchastration/protocol";
import { errorCode, type JournalRecord, type JournalSlice, openJournal } from "@orchastration/protocol/node";
import type { PtyOutput } from "@orchastration/protocol/supervisor";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { createIndexFile, type IndexFile } from "./index-file.ts";
import { createSegments, type SegmentBounds, type Segments } from "./segments.ts";
import { createUnwritten } from "./unwritten.ts";

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
  /** Copies the bytes. They are written at once or, together with what comes meanwhile, within a delay. */
  append(bytes: Uint8Array, delayMs?: number): void;
  markSize(cols: number, rows: number): void;
  /** As the reader's, but up to {@link endOffset}, and the bytes are only there until the end of the turn. */
  read(offset: number, maxBytes: number): JournalSlice;
  /** Nothing more comes. Resolves when all is written, or when it turns out that it cannot be written now. */
  end(): Promise<void>;
  /** Removes it again, before anything was given to it: nothing was started. */
  discard(): void;
}

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
  const unwritten = createUnwritten();
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
    const behindBytes = endOffset - writtenOffset;
    const isHigh = isPressed ? behindBytes > LOW_WATER_BYTES : behindBytes > HIGH_WATER_BYTES;
    if (isHigh === isPressed) return;
    isPressed = isHigh;
    onPressure(isHigh);
  }

  function writeSoon(delayMs: number): void {
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
    const head = unwritten.first;
    return index.isBehind || (head !== undefined && (head.kind === "mark" || head.offset < dueOffset));
  }

  /** Data first: the index never speaks of bytes that are not there. */
  async function writeNext(): Promise<void> {
    const head = unwritten.first;
    if (head === undefined) return await index.append([]);
    if (head.kind === "mark") {
      unwritten.forgetMark();
      return await index.append([head.record]);
    }
    const batch = unwritten.batch(segments.roomBytes);
    const bytes = batch.reduce((sum, chunk) => sum + chunk.length, 0);
    await segments.append(batch);
    const record: JournalRecord = { kind: "chunk", atMs: clock.now(), offset: writtenOffset, bytes };
    writtenOffset += bytes;
    unwritten.forgetOutput(writtenOffset);
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
    append(bytes, delayMs = 0) {
      const offset = endOffset;
      endOffset += bytes.length;
      unwritten.append(offset, bytes);
      writeSoon(delayMs);
      review();
    },
    markSize(cols, rows) {
      unwritten.mark({ kind: "resize", atMs: clock.now(), offset: endOffset, cols, rows });
      writeSoon(0);
    },
    read(offset, maxBytes) {
      if (offset < writtenOffset) return written.read(offset, Math.min(maxBytes, writtenOffset - offset));
      return { offset, bytes: unwritten.read(offset, maxBytes) };
    },
    end() {
      if (!isEnding) {
        isEnding = true;
        unwritten.mark({ kind: "end", atMs: clock.now(), offset: endOffset });
        writeSoon(0);
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
