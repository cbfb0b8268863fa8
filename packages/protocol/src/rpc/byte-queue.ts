/** Bytes received and not yet taken. The views it gives out hold until the next push. */
export interface ByteQueue {
  readonly length: number;
  /** May keep the array itself: the caller does not write to it again. */
  push(bytes: Uint8Array): void;
  /** Up to `maxBytes` from the front. */
  peek(maxBytes: number): Uint8Array;
  take(bytes: number): Uint8Array;
  /** Distance of the first line feed from the front, or -1. What was searched once is not searched again. */
  indexOfLineFeed(): number;
  skipBlank(): void;
}

const LINE_FEED = 0x0a;
/** Space, tab, line feed, carriage return: what JSON takes for blank. */
const BLANK = new Set([0x20, 0x09, LINE_FEED, 0x0d]);
const NOTHING = new Uint8Array(0);

/** @param expectedBytes the most it is meant to hold: room beyond it is never made in advance */
export function createByteQueue(expectedBytes: number): ByteQueue {
  let buffer: Uint8Array = NOTHING;
  let start = 0;
  let end = 0;
  let searched = 0;
  /** Arrays that were pushed have no room behind them, and are not ours to write to. */
  let isOwnBuffer = false;

  function drop(bytes: number): void {
    start += bytes;
    searched = Math.max(searched, start);
    if (start < end) return;
    buffer = NOTHING;
    start = end = searched = 0;
    isOwnBuffer = false;
  }

  /** Doubles, so that a message that comes byte by byte is copied a few times and not once per byte. */
  function makeRoom(bytes: number): void {
    const length = end - start;
    const grown = new Uint8Array(Math.max(length + bytes, Math.min(2 * length, expectedBytes)));
    grown.set(buffer.subarray(start, end));
    buffer = grown;
    searched -= start;
    start = 0;
    end = length;
    isOwnBuffer = true;
  }

  return {
    get length() {
      return end - start;
    },
    push(bytes) {
      if (start === end) {
        buffer = bytes;
        end = bytes.length;
        return;
      }
      if (!isOwnBuffer || buffer.length - end < bytes.length) makeRoom(bytes.length);
      buffer.set(bytes, end);
      end += bytes.length;
    },
    peek: (maxBytes) => buffer.subarray(start, Math.min(end, start + maxBytes)),
    take(bytes) {
      const taken = buffer.subarray(start, start + bytes);
      drop(bytes);
      return taken;
    },
    indexOfLineFeed() {
      const found = buffer.subarray(searched, end).indexOf(LINE_FEED);
      if (found >= 0) return searched + found - start;
      searched = end;
      return -1;
    },
    skipBlank() {
      let blank = start;
      while (blank < end && BLANK.has(buffer[blank] ?? 0)) blank++;
      drop(blank - start);
    },
  };
}
