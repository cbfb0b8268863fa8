import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { fileStamp, isStampSettled } from "../domain/file-stamp.ts";

export interface FileDigests {
  /** Hexadecimal SHA-256 of the content; null when it cannot be read. */
  digest(path: string): Promise<string | null>;
}

/** @param now milliseconds since 1970 */
export function createFileDigests(now: () => number): FileDigests {
  const known = new Map<string, { readonly stamp: string; readonly sha256: string }>();
  return {
    async digest(path) {
      try {
        const stats = await stat(path, { bigint: true });
        const stamp = fileStamp(stats);
        const before = known.get(path);
        if (before?.stamp === stamp) return before.sha256;
        const readAt = now();
        const sha256 = await hashFile(path);
        if (isStampSettled(stats, readAt)) known.set(path, { stamp, sha256 });
        return sha256;
      } catch {
        return null;
      }
    },
  };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest("hex");
}
