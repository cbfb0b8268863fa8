import { closeSync, openSync, rmSync, write } from "node:fs";
import { promisify } from "node:util";
import { encodeJournalRecord, type JournalRecord, journalIndexPath } from "@orchastration/protocol/node";

const writeAt = promisify(write);

export interface IndexFile {
  /** When it rejects, what could not be written is written by the next call. */
  append(records: readonly JournalRecord[]): Promise<void>;
  /** Something could not be written. */
  readonly isBehind: boolean;
  close(): void;
  /** Instead of that: removes it. */
  discard(): void;
}

/**
 * @param isClaimed the daemon has made it, empty, and it stays in any case
 * @throws when there is one already, unless it is claimed: no other session's journal is touched
 */
export function createIndexFile(directory: string, isClaimed: boolean): IndexFile {
  const path = journalIndexPath(directory);
  const descriptor = openSync(path, isClaimed ? "r+" : "wx", 0o600);
  let unwritten = Buffer.alloc(0);
  let position = 0;
  return {
    async append(records) {
      unwritten = Buffer.concat([unwritten, ...records.map(encodeJournalRecord)]);
      while (unwritten.length > 0) {
        const { bytesWritten } = await writeAt(descriptor, unwritten, 0, unwritten.length, position);
        position += bytesWritten;
        unwritten = unwritten.subarray(bytesWritten);
      }
    },
    get isBehind() {
      return unwritten.length > 0;
    },
    close: () => closeSync(descriptor),
    discard() {
      closeSync(descriptor);
      if (!isClaimed) rmSync(path, { force: true });
    },
  };
}
