import { closeSync, readSync } from "node:fs";
import { openIfPresent } from "@orchastration/protocol/node";
import { type Follower, followGrowing, type OutputSink } from "./follow-growing.ts";

/**
 * Follows a file; one that does not exist is empty. Reads are synchronous: bytes just written come from memory, and the way through the thread pool
 * would cost more than the copy.
 */
export function followFile(path: string, sink: OutputSink, from = 0): Follower {
  let file: number | undefined;
  let buffer = Buffer.alloc(0);
  return followGrowing(
    {
      get path() {
        return file === undefined ? undefined : path;
      },
      read(offset, maxBytes) {
        file ??= openIfPresent(path);
        if (buffer.length < maxBytes) buffer = Buffer.allocUnsafe(maxBytes);
        const length = file === undefined ? 0 : readSync(file, buffer, 0, maxBytes, offset);
        return { offset, bytes: buffer.subarray(0, length) };
      },
      close() {
        if (file !== undefined) closeSync(file);
      },
    },
    sink,
    from,
  );
}
