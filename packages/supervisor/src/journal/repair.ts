import { createHash } from "node:crypto";
import { existsSync, truncateSync } from "node:fs";
import {
  JOURNAL_RECORD_BYTES,
  type Journal,
  type JournalSegment,
  journalIndexPath,
  listJournalDigests,
  listJournalSegments,
  openJournal,
} from "@orchastration/protocol/node";
import { writeSegmentDigest } from "./segments.ts";

/** Bytes hashed at once. */
const READ_BYTES = 256 * 1024;

/**
 * Cuts off what a supervisor that was killed, or a machine that lost its power, left behind the last true record of an index: part of a record,
 * records nobody can read, and records of output that never reached the disk. The output itself needs no repair; the digest of the segment that was
 * being written is added.
 */
export function repairJournal(directory: string): void {
  const path = journalIndexPath(directory);
  if (!existsSync(path)) return;
  const journal = openJournal(directory);
  const { endOffset } = journal;
  let count = 0;
  for (const record of journal.records()) {
    const reach = record.kind === "resize" || record.kind === "end" ? record.offset : record.offset + record.bytes;
    if (reach > endOffset) break;
    count++;
  }
  truncateSync(path, count * JOURNAL_RECORD_BYTES);
  const digests = listJournalDigests(directory);
  for (const segment of listJournalSegments(directory)) {
    if (!digests.has(segment.offset)) writeSegmentDigest(directory, segment, digestOf(journal, segment));
  }
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
