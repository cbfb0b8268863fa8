import { statSync } from "node:fs";
import { join } from "node:path";
import { namesIn, readIfPresent } from "./if-present.ts";
import { decodeJournalRecord, JOURNAL_RECORD_BYTES, type JournalRecord } from "./journal-index.ts";

/**
 * Everything a terminal put out, in a directory: `output.<n>.raw` are the segments, `<n>` the offset of the segment's first byte, and `output.idx`
 * is the index. Offsets count from the start of the session for ever; old segments may be gone.
 */
export interface Journal {
  /** Offset of the oldest byte that is still there. It moves when segments are dropped. */
  readonly firstOffset: number;
  /** Offset behind the newest byte. It moves while the session lives. */
  readonly endOffset: number;
  /**
   * Up to `maxBytes` from `offset` on, none at the end. Answers the offset they begin at, which is later than the one asked for when what was
   * before it has been dropped. One call does not read beyond a segment: fewer bytes than wanted do not mean the end.
   */
  read(offset: number, maxBytes: number): JournalSlice;
  /** The index from its beginning, as far as it is whole. */
  records(): Iterable<JournalRecord>;
  /** The sizes the terminal had, with the offset of each. */
  resizes(): Iterable<Extract<JournalRecord, { kind: "resize" }>>;
}

export interface JournalSlice {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface JournalSegment {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

const INDEX_READ_BYTES = 2048 * JOURNAL_RECORD_BYTES;
const SHA256_CHARACTERS = 64;
const NOTHING = new Uint8Array(0);

export function journalSegmentPath(directory: string, offset: number): string {
  return join(directory, `output.${offset}.raw`);
}

/** Beside a finished segment, a line as `sha256sum --check` reads it. */
export function journalDigestPath(directory: string, offset: number): string {
  return join(directory, `output.${offset}.sha256`);
}

export function journalIndexPath(directory: string): string {
  return join(directory, "output.idx");
}

/**
 * Holds nothing open, and sees what is written and dropped meanwhile; a directory without a journal is an empty one. Whoever removes the directory
 * needs to ask nobody.
 */
export function openJournal(directory: string): Journal {
  /** The last one is the one being written. */
  let segments = listJournalSegments(directory);

  /** Lists the directory only when what was known last time does not do. */
  function find(offset: number): JournalSegment | undefined {
    const known = segments.find((segment) => holds(segment, offset));
    if (known !== undefined) return known;
    segments = listJournalSegments(directory);
    return segments.find((segment) => holds(segment, offset)) ?? segments.find((segment) => segment.offset > offset);
  }

  return {
    get firstOffset() {
      segments = listJournalSegments(directory);
      return segments[0]?.offset ?? 0;
    },
    get endOffset() {
      segments = listJournalSegments(directory);
      const last = segments.at(-1);
      return last === undefined ? 0 : last.offset + last.bytes;
    },
    read(offset, maxBytes) {
      for (;;) {
        const segment = find(offset);
        if (segment === undefined) return { offset, bytes: NOTHING };
        const from = Math.max(offset, segment.offset);
        const bytes = readIfPresent(segment.path, from - segment.offset, Math.min(maxBytes, segment.bytes));
        if (bytes !== undefined) return { offset: from, bytes };
        // It was dropped just now.
        segments = listJournalSegments(directory);
      }
    },
    records: () => readIndex(directory),
    *resizes() {
      for (const record of readIndex(directory)) if (record.kind === "resize") yield record;
    },
  };
}

/** Oldest first. */
export function listJournalSegments(directory: string): readonly JournalSegment[] {
  return namesIn(directory)
    .flatMap((name) => /^output\.(\d+)\.raw$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
    .flatMap((offset) => {
      const path = journalSegmentPath(directory, offset);
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats === undefined ? [] : { path, offset, bytes: stats.size };
    });
}

/** The SHA-256 of every finished segment by its offset, as the supervisor wrote it down, also of those that are gone. */
export function listJournalDigests(directory: string): ReadonlyMap<number, string> {
  const offsets = namesIn(directory).flatMap((name) => /^output\.(\d+)\.sha256$/.exec(name)?.[1] ?? []);
  return new Map(
    offsets.flatMap((offset) => {
      const line = readIfPresent(journalDigestPath(directory, Number(offset)), 0, SHA256_CHARACTERS)?.toString(
        "latin1",
      );
      return line !== undefined && /^[0-9a-f]{64}$/.test(line) ? [[Number(offset), line] as const] : [];
    }),
  );
}

function holds(segment: JournalSegment, offset: number): boolean {
  return offset >= segment.offset && offset < segment.offset + segment.bytes;
}

function* readIndex(directory: string): Generator<JournalRecord, void> {
  for (let position = 0; ; position += INDEX_READ_BYTES) {
    const bytes = readIfPresent(journalIndexPath(directory), position, INDEX_READ_BYTES) ?? Buffer.alloc(0);
    for (let at = 0; at + JOURNAL_RECORD_BYTES <= bytes.length; at += JOURNAL_RECORD_BYTES) {
      const record = decodeJournalRecord(bytes.subarray(at, at + JOURNAL_RECORD_BYTES));
      if (record !== undefined) yield record;
    }
    if (bytes.length < INDEX_READ_BYTES) return;
  }
}
