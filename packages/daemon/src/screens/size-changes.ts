import { closeSync, openSync, readSync } from "node:fs";
import { decodeJournalRecord, errorCode, JOURNAL_RECORD_BYTES, journalIndexPath } from "@orchastration/protocol/node";

export interface SizeChange {
  readonly offset: number;
  readonly cols: number;
  readonly rows: number;
}

export interface SizeChanges {
  /** The oldest change that was not taken yet, and has been written down. */
  peek(): SizeChange | undefined;
  take(): void;
}

const READ_BYTES = 2_048 * JOURNAL_RECORD_BYTES;

/** The sizes a terminal had, in order, read from its journal's index; each record is read once. */
export function followSizeChanges(directory: string): SizeChanges {
  const path = journalIndexPath(directory);
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const changes: SizeChange[] = [];
  let position = 0;

  /** False when there is nothing more to read at this moment. */
  function readMore(): boolean {
    const bytes = readAt(path, buffer, position);
    const whole = bytes - (bytes % JOURNAL_RECORD_BYTES);
    for (let at = 0; at < whole; at += JOURNAL_RECORD_BYTES) {
      const record = decodeJournalRecord(buffer.subarray(at, at + JOURNAL_RECORD_BYTES));
      if (record?.kind === "resize") changes.push(record);
    }
    position += whole;
    return whole > 0;
  }

  return {
    peek() {
      while (changes.length === 0 && readMore());
      return changes[0];
    },
    take: () => void changes.shift(),
  };
}

/** 0 as long as there is no such file. */
function readAt(path: string, buffer: Buffer, position: number): number {
  try {
    const descriptor = openSync(path, "r");
    try {
      return readSync(descriptor, buffer, 0, buffer.length, position);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (errorCode(error) === "ENOENT") return 0;
    throw error;
  }
}
