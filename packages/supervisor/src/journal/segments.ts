import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, rmSync, writev } from "node:fs";
import { promisify } from "node:util";
import { journalSegmentPath, writeSegmentDigest } from "@orchastration/protocol/node";

const writevAt = promisify(writev);

export interface SegmentBounds {
  /** A segment is finished when it has this size. */
  readonly segmentBytes: number;
  /** Of all segments together; 0: none. The current one is never dropped. */
  readonly maxBytes: number;
}

export interface Segments {
  /** Bytes that still fit into the current segment: at least one. */
  readonly roomBytes: number;
  /** Not more than the room. All of it or, when it rejects, any part: to be called again with the same bytes. */
  append(chunks: readonly Uint8Array[]): Promise<void>;
  /** Removes the oldest segments beyond the bound. Returns what is gone, if anything is. */
  dropOldest(): { readonly offset: number; readonly bytes: number } | undefined;
  /** Finishes the last segment. When it throws and {@link isBehind}, to be called again. */
  close(): void;
  /** The digest of a finished segment could not be written; the next call of any kind tries again. */
  readonly isBehind: boolean;
  /** Instead of that: removes it. */
  discard(): void;
}

interface Segment {
  readonly offset: number;
  readonly path: string;
}

/**
 * Raw bytes in files named by the offset of their first one. Beside every finished segment stands its digest, as `sha256sum --check` reads it; it
 * stays when the segment is dropped.
 * @throws when there is a first segment already: no other session's journal is touched
 */
export function createSegments(directory: string, { segmentBytes, maxBytes }: SegmentBounds): Segments {
  const finished: Segment[] = [];
  let owed: readonly (Segment & { readonly sha256: string })[] = [];
  let endOffset = 0;
  let isClosed = false;
  let current = begin();

  function begin(): Segment & { readonly descriptor: number; readonly hash: Hash } {
    const path = journalSegmentPath(directory, endOffset);
    return { offset: endOffset, path, descriptor: openSync(path, "wx", 0o600), hash: createHash("sha256") };
  }

  function finish({ descriptor, offset, path, hash }: typeof current): void {
    owed = [...owed, { offset, path, sha256: hash.digest("hex") }];
    closeSync(descriptor);
  }

  function writeOwed(): void {
    for (const segment of owed) {
      writeSegmentDigest(directory, segment, segment.sha256);
      owed = owed.filter((other) => other !== segment);
    }
  }

  const isFull = (): boolean => endOffset - current.offset >= segmentBytes;

  /** The next one is opened first: when that fails, nothing has changed. */
  function rotate(): void {
    const full = current;
    current = begin();
    finished.push({ offset: full.offset, path: full.path });
    finish(full);
  }

  return {
    get roomBytes() {
      return isFull() ? segmentBytes : current.offset + segmentBytes - endOffset;
    },
    async append(chunks) {
      if (isFull()) rotate();
      writeOwed();
      let position = endOffset - current.offset;
      for (let rest = chunks; rest.length > 0; ) {
        const { bytesWritten } = await writevAt(current.descriptor, rest, position);
        position += bytesWritten;
        rest = skip(rest, bytesWritten);
      }
      for (const chunk of chunks) current.hash.update(chunk);
      endOffset = current.offset + position;
    },
    dropOldest() {
      if (maxBytes === 0) return undefined;
      const first = finished[0]?.offset;
      while (finished[0] !== undefined && endOffset - finished[0].offset > maxBytes) {
        rmSync(finished[0].path, { force: true });
        finished.shift();
      }
      const kept = finished[0]?.offset ?? current.offset;
      return first === undefined || first === kept ? undefined : { offset: first, bytes: kept - first };
    },
    close() {
      if (!isClosed) finish(current);
      isClosed = true;
      writeOwed();
    },
    get isBehind() {
      return owed.length > 0;
    },
    discard() {
      closeSync(current.descriptor);
      rmSync(current.path, { force: true });
    },
  };
}

function skip(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let rest = bytes;
  return chunks.flatMap((chunk) => {
    const skipped = Math.min(rest, chunk.length);
    rest -= skipped;
    return skipped === chunk.length ? [] : [chunk.subarray(skipped)];
  });
}
