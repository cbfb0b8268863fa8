import { createHash } from "node:crypto";
import { statSync, truncateSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { writeFileUnflushed } from "./atomic-file.ts";
import { encodeJournalRecord, JOURNAL_RECORD_BYTES, type JournalRecord } from "./journal-index.ts";
import {
  type Journal,
  type JournalSegment,
  journalDigestPath,
  journalIndexPath,
  listJournalDigests,
  listJournalSegments,
  openJournal,
} from "./journal-reader.ts";

/** Bytes hashed at once. */
const READ_BYTES = 256 * 1024;

/** What a supervisor that was killed, a machine that lost its power, or a hand left behind in the journal of a terminal that has ended. */
export interface JournalDamage {
  /** All of it, and with it when which byte came, and the sizes the terminal had. */
  readonly isIndexGone: boolean;
  /** Of the index, as far as its records are whole and speak of output that is there. */
  readonly soundIndexBytes: number;
  /** Behind that: part of a record, records nobody can read, and records of output that never reached the disk. */
  readonly tornIndexBytes: number;
  /** Segments without a digest. */
  readonly undigested: readonly JournalSegment[];
}

/** Undefined when there is none, and where there is no journal. Only for one that nobody writes any more. */
export function findJournalDamage(directory: string): JournalDamage | undefined {
  const index = statSync(journalIndexPath(directory), { throwIfNoEntry: false });
  const segments = listJournalSegments(directory);
  if (index === undefined && segments.length === 0) return undefined;
  const journal = openJournal(directory);
  const { endOffset } = journal;
  let count = 0;
  for (const record of journal.records()) {
    const reach = record.kind === "resize" || record.kind === "end" ? record.offset : record.offset + record.bytes;
    if (reach > endOffset) break;
    count++;
  }
  const soundIndexBytes = count * JOURNAL_RECORD_BYTES;
  const digests = listJournalDigests(directory);
  const undigested = segments.filter(({ offset }) => !digests.has(offset));
  const isIndexGone = index === undefined;
  const tornIndexBytes = isIndexGone ? 0 : index.size - soundIndexBytes;
  if (!isIndexGone && tornIndexBytes === 0 && undigested.length === 0) return undefined;
  return { isIndexGone, soundIndexBytes, tornIndexBytes, undigested };
}

/**
 * Cuts off what is torn of the index. The output itself needs no repair; the digest of the segment that was being written is added. An index that is
 * gone is made anew from what the segments tell: all of each came when its file changed last.
 */
export function repairJournal(directory: string): void {
  const damage = findJournalDamage(directory);
  if (damage === undefined) return;
  if (damage.isIndexGone) writeIndexOf(directory, listJournalSegments(directory));
  if (damage.tornIndexBytes > 0) truncateSync(journalIndexPath(directory), damage.soundIndexBytes);
  const journal = openJournal(directory);
  for (const segment of damage.undigested) writeSegmentDigest(directory, segment, digestOf(journal, segment));
}

function writeIndexOf(directory: string, segments: readonly JournalSegment[]): void {
  const records: JournalRecord[] = [];
  let [endOffset, atMs] = [0, 0];
  for (const { path, offset, bytes } of segments) {
    atMs = Math.floor(statSync(path).mtimeMs);
    if (offset > endOffset) records.push({ kind: "dropped", atMs, offset: endOffset, bytes: offset - endOffset });
    if (bytes > 0) records.push({ kind: "chunk", atMs, offset, bytes });
    endOffset = offset + bytes;
  }
  records.push({ kind: "end", atMs, offset: endOffset });
  writeFileUnflushed(journalIndexPath(directory), Buffer.concat(records.map(encodeJournalRecord)));
}

export function writeSegmentDigest(
  directory: string,
  { offset, path }: Pick<JournalSegment, "offset" | "path">,
  sha256: string,
): void {
  writeFileSync(journalDigestPath(directory, offset), `${sha256}  ${basename(path)}\n`, { mode: 0o600 });
}

function digestOf(journal: Journal, { offset, bytes: size }: JournalSegment): string {
  const hash = createHash("sha256");
  for (let position = offset; position < offset + size; ) {
    const { bytes } = journal.read(position, Math.min(READ_BYTES, offset + size - position));
    if (bytes.length === 0) break;
    hash.update(bytes);
    position += bytes.length;
  }
  return hash.digest("hex");
}
