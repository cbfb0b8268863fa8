import { StringDecoder } from "node:string_decoder";
import { toPlainJson } from "@orchastration/protocol";
import type { Journal } from "@orchastration/protocol/node";

/** Output of one event; a longer chunk of the journal becomes several at the same time. */
const EVENT_BYTES = 64 * 1024;

export interface Recorded {
  readonly command: string;
  readonly title: string;
}

type Event = readonly [seconds: number, code: "o" | "r", text: string];

/**
 * A terminal's journal as asciicast v2, line by line: the version that every asciinema since 2.0 and agg read. Time counts from the first record that is
 * left; a clock that was set back stands still. Characters split over chunks stay whole, bytes that are no UTF-8 become U+FFFD.
 * Source: docs.asciinema.org/manual/asciicast/v2
 */
export function* asciicastLines(journal: Journal, { command, title }: Recorded): Generator<string, void> {
  const { firstOffset } = journal;
  const { cols, rows, atMs } = findBeginning(journal, firstOffset);
  const header = { version: 2, width: cols, height: rows, timestamp: Math.floor(atMs / 1000), command, title };
  yield toPlainJson(header);
  for (const event of eventsOf(journal, firstOffset, atMs)) yield toPlainJson(event);
}

/** The terminal's size at the oldest byte that is left, and when that byte came. */
function findBeginning(journal: Journal, firstOffset: number): { cols: number; rows: number; atMs: number } {
  let size = { cols: 80, rows: 24 };
  let atMs: number | undefined;
  for (const record of journal.records()) {
    // Written long after the output that it speaks of.
    if (record.kind === "dropped") continue;
    if (record.offset > firstOffset) break;
    if (record.kind === "resize") size = record;
    // A whole journal begins with its first record: output may come much later.
    if (atMs === undefined || firstOffset > 0) atMs = record.atMs;
  }
  return { cols: size.cols, rows: size.rows, atMs: atMs ?? 0 };
}

function* eventsOf(journal: Journal, firstOffset: number, beginMs: number): Generator<Event, void> {
  const decoder = new StringDecoder("utf8");
  let position = firstOffset;
  let seconds = 0;

  function* outputUpTo(end: number): Generator<Event, void> {
    while (position < end) {
      const { offset, bytes } = journal.read(position, Math.min(EVENT_BYTES, end - position));
      if (bytes.length === 0) return;
      position = offset + bytes.length;
      const text = decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      if (text !== "") yield [seconds, "o", text];
    }
  }

  for (const record of journal.records()) {
    const end = record.kind === "chunk" ? record.offset + record.bytes : record.offset;
    if (record.kind === "dropped" || end <= firstOffset) continue;
    seconds = Math.max(seconds, (record.atMs - beginMs) / 1000);
    if (record.kind === "chunk") yield* outputUpTo(end);
    // Not the first one, which the header has.
    if (record.kind === "resize") yield [seconds, "r", `${record.cols}x${record.rows}`];
  }
  // What a supervisor that was killed had no time to put into the index.
  yield* outputUpTo(journal.endOffset);
  const rest = decoder.end();
  if (rest !== "") yield [seconds, "o", rest];
}
