import type { JournalRecord } from "@orchastration/protocol/node";

/** What a terminal puts out comes in pieces of at most 4 KiB; what is gathered in one block is hashed and written at once. */
const BLOCK_BYTES = 64 * 1024;
/** More than one terminal that floods has under way. */
const MOST_SPARE_BLOCKS = 4;
/** For all terminals: memory that is new to the process is paid for page by page. */
const spareBlocks: Buffer[] = [];

interface Output {
  readonly kind: "output";
  readonly block: Buffer;
  /** Of the journal; of the byte at `start`. */
  offset: number;
  /** Within the block. */
  start: number;
  end: number;
}

export type Entry = Readonly<Output> | { readonly kind: "mark"; readonly record: JournalRecord };

/** What is on its way to the disk, in order: output, and marks that stand between. */
export interface Unwritten {
  readonly first: Entry | undefined;
  /** Copies the bytes that come at an offset, the one behind those before. */
  append(offset: number, bytes: Uint8Array): void;
  mark(record: JournalRecord): void;
  /** The output before the first mark, at most so much. What is there now stays as it is until it is forgotten. */
  batch(maxBytes: number): readonly Uint8Array[];
  /** Up to `maxBytes` from an offset on. To be read before anything is forgotten. */
  read(offset: number, maxBytes: number): Uint8Array;
  /** The mark at the front. */
  forgetMark(): void;
  /** The output before an offset. */
  forgetOutput(endOffset: number): void;
}

export function createUnwritten(): Unwritten {
  const queue: (Output | Exclude<Entry, Output>)[] = [];

  function openBlock(offset: number): Output {
    const last = queue.at(-1);
    if (last?.kind === "output" && last.end < BLOCK_BYTES) return last;
    const block = spareBlocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    const output: Output = { kind: "output", block, offset, start: 0, end: 0 };
    queue.push(output);
    return output;
  }

  return {
    get first() {
      return queue[0];
    },
    append(offset, bytes) {
      for (let at = 0; at < bytes.length; ) {
        const output = openBlock(offset + at);
        const part = bytes.subarray(at, at + BLOCK_BYTES - output.end);
        output.block.set(part, output.end);
        output.end += part.length;
        at += part.length;
      }
    },
    mark: (record) => void queue.push({ kind: "mark", record }),
    batch(maxBytes) {
      const batch: Uint8Array[] = [];
      let room = maxBytes;
      for (const entry of queue) {
        if (entry.kind === "mark" || room === 0) break;
        const part = entry.block.subarray(entry.start, Math.min(entry.end, entry.start + room));
        batch.push(part);
        room -= part.length;
      }
      return batch;
    },
    read(offset, maxBytes) {
      const parts: Uint8Array[] = [];
      let room = maxBytes;
      for (const entry of queue) {
        if (entry.kind === "mark") continue;
        const from = entry.start + Math.max(0, offset - entry.offset);
        if (from >= entry.end) continue;
        const part = entry.block.subarray(from, Math.min(entry.end, from + room));
        parts.push(part);
        room -= part.length;
        if (room === 0) break;
      }
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    },
    forgetMark: () => void queue.shift(),
    forgetOutput(endOffset) {
      for (let head = queue[0]; head?.kind === "output" && head.offset < endOffset; head = queue[0]) {
        const bytes = Math.min(endOffset - head.offset, head.end - head.start);
        head.offset += bytes;
        head.start += bytes;
        if (head.start < head.end) return;
        queue.shift();
        if (spareBlocks.length < MOST_SPARE_BLOCKS) spareBlocks.push(head.block);
      }
    },
  };
}
