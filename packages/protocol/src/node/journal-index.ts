/**
 * The index of a terminal's journal (`output.idx`): what happened when, in records of one size, so that a torn one is recognised by the length of
 * the file. Big-endian: u64 milliseconds since the epoch, u64 offset, u32 kind, u32 zero, u64 argument.
 */
export type JournalRecord =
  /** `bytes` of output were written to the journal, the first of them at `offset`. */
  | { readonly kind: "chunk"; readonly atMs: number; readonly offset: number; readonly bytes: number }
  /** From `offset` on the terminal had this size. The first record of every journal is one. */
  | {
      readonly kind: "resize";
      readonly atMs: number;
      readonly offset: number;
      readonly cols: number;
      readonly rows: number;
    }
  /** The `bytes` from `offset` on were dropped, oldest first, to keep the journal within its bounds. */
  | { readonly kind: "dropped"; readonly atMs: number; readonly offset: number; readonly bytes: number }
  /** The terminal has put out all it ever will: `offset` bytes. */
  | { readonly kind: "end"; readonly atMs: number; readonly offset: number };

export const JOURNAL_RECORD_BYTES = 32;

const KINDS = { chunk: 1, resize: 2, dropped: 3, end: 4 } as const;
const TWO_TO_16 = 2 ** 16;

export function encodeJournalRecord(record: JournalRecord): Buffer {
  const bytes = Buffer.alloc(JOURNAL_RECORD_BYTES);
  bytes.writeBigUInt64BE(BigInt(record.atMs), 0);
  bytes.writeBigUInt64BE(BigInt(record.offset), 8);
  bytes.writeUInt32BE(KINDS[record.kind], 16);
  bytes.writeBigUInt64BE(BigInt(argumentOf(record)), 24);
  return bytes;
}

/** Undefined for a kind this version does not know, and for the zeros a crashed file system leaves. */
export function decodeJournalRecord(bytes: Buffer): JournalRecord | undefined {
  const atMs = Number(bytes.readBigUInt64BE(0));
  const offset = Number(bytes.readBigUInt64BE(8));
  const argument = Number(bytes.readBigUInt64BE(24));
  switch (bytes.readUInt32BE(16)) {
    case KINDS.chunk:
      return { kind: "chunk", atMs, offset, bytes: argument };
    case KINDS.resize:
      return { kind: "resize", atMs, offset, cols: Math.floor(argument / TWO_TO_16), rows: argument % TWO_TO_16 };
    case KINDS.dropped:
      return { kind: "dropped", atMs, offset, bytes: argument };
    case KINDS.end:
      return { kind: "end", atMs, offset };
    default:
      return undefined;
  }
}

function argumentOf(record: JournalRecord): number {
  switch (record.kind) {
    case "chunk":
    case "dropped":
      return record.bytes;
    case "resize":
      return record.cols * TWO_TO_16 + record.rows;
    case "end":
      return 0;
  }
}
