import { createHash } from "node:crypto";

/** An event as the log keeps it: `entry` is the exact JSON text that is hashed. */
export interface ChainLink {
  readonly seq: number;
  readonly entry: string;
  readonly hash: Uint8Array;
}

export type Verification =
  | { readonly ok: true; readonly events: number; readonly headHash: string }
  | { readonly ok: false; readonly seq: number; readonly reason: string };

/** Where a chain stands: its newest seq and hash. */
export interface Head {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** What the first event is chained to: 32 zero bytes. */
export const GENESIS: Head = { seq: 0, hash: new Uint8Array(32) };

/** SHA-256 over the previous hash (32 raw bytes) and the entry (UTF-8). */
export function nextHash(previous: Uint8Array, entry: string): Buffer {
  return createHash("sha256").update(previous).update(entry, "utf8").digest();
}

/** Recomputes the chain from its beginning, or from a head known to be right, and reports the first event that does not fit. */
export function verifyChain(links: Iterable<ChainLink>, from: Head = GENESIS): Verification {
  let head = from;
  for (const link of links) {
    const seq = head.seq + 1;
    const reason = flawOf(link, head);
    if (reason !== undefined) return { ok: false, seq, reason };
    head = link;
  }
  return { ok: true, events: head.seq, headHash: Buffer.from(head.hash).toString("hex") };
}

function flawOf({ seq, entry, hash }: ChainLink, previous: Head): string | undefined {
  const expected = previous.seq + 1;
  if (seq !== expected) return `event ${expected} is missing: event ${seq} follows ${previous.seq}`;
  if (!nextHash(previous.hash, entry).equals(hash)) return "its hash is not that of its entry and the hash before it";
  if (seqOf(entry) !== seq) return "its entry carries another seq";
  return undefined;
}

function seqOf(entry: string): unknown {
  try {
    const parsed: unknown = JSON.parse(entry);
    return typeof parsed === "object" && parsed !== null && "seq" in parsed ? parsed.seq : undefined;
  } catch {
    return undefined;
  }
}
