import { basename } from "node:path";
import { messageOf } from "@orchastration/protocol";
import { listJournalDigests, listJournalSegments } from "@orchastration/protocol/node";
import type { HashService } from "../hashing/hash-service.ts";

/**
 * The first thing about the segments of a terminal's recording that is not as its supervisor left it, in words: a segment whose bytes are not those of
 * the digest beside it, or one that is gone between others. Digests that nobody signed: whoever changes a segment and its digest is found out by
 * the digest of the whole recording only.
 */
export async function findSegmentFlaw(
  directory: string,
  hashing: Pick<HashService, "hashFiles">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const segments = listJournalSegments(directory);
  let digests: ReturnType<typeof listJournalDigests>;
  try {
    digests = listJournalDigests(directory);
  } catch (error) {
    return `the digests of its segments cannot be read: ${messageOf(error)}`;
  }
  const outcomes = await hashing.hashFiles(
    segments.map(({ path }) => path),
    "sha256",
    { signal },
  );
  for (const [index, { path, offset, bytes }] of segments.entries()) {
    const outcome = outcomes[index];
    const expected = digests.get(offset);
    const name = basename(path);
    if (outcome !== undefined && "error" in outcome) return `segment ${name}: ${outcome.error.message}`;
    if (expected !== undefined && outcome?.hash !== expected) {
      return `segment ${name}: its bytes are not those that were recorded`;
    }
    const next = segments[index + 1];
    if (next !== undefined && next.offset !== offset + bytes) {
      return `segment ${name}: ${next.offset - offset} bytes are due before the next one, and it has ${bytes}`;
    }
  }
  return undefined;
}
