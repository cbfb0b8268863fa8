import { writeFileSync } from "node:fs";
import {
  encodeJournalRecord,
  type JournalRecord,
  journalIndexPath,
  journalSegmentPath,
  openJournal,
} from "@orchastration/protocol/node";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { asciicastLines } from "../../src/recording/asciicast.ts";
import { type Cast, readAsciicast } from "./read-asciicast.ts";

const START_MS = 1_793_500_000_000;

function cast(segments: Readonly<Record<number, Uint8Array | string>>, records: readonly JournalRecord[]): Cast {
  const directory = temporaryDirectory();
  for (const [offset, bytes] of Object.entries(segments)) {
    writeFileSync(journalSegmentPath(directory, Number(offset)), bytes);
  }
  writeFileSync(journalIndexPath(directory), Buffer.concat(records.map(encodeJournalRecord)));
  const lines = [...asciicastLines(openJournal(directory), { command: "sh -i", title: "shell" })];
  return readAsciicast(lines.map((line) => `${line}\n`).join(""));
}

const size = (offset: number, cols: number, rows: number, afterMs = 0): JournalRecord => ({
  kind: "resize",
  atMs: START_MS + afterMs,
  offset,
  cols,
  rows,
});
const chunk = (offset: number, bytes: number, afterMs: number): JournalRecord => ({
  kind: "chunk",
  atMs: START_MS + afterMs,
  offset,
  bytes,
});

test("a recording has the first size, the output at its times, and later sizes between", () => {
  const { events, ...header } = cast({ 0: "hello\r\nwide" }, [
    size(0, 80, 24),
    chunk(0, 7, 250),
    size(7, 132, 43, 1_000),
    chunk(7, 4, 1_500),
  ]);
  expect(header).toEqual({ width: 80, height: 24, timestamp: START_MS / 1000 });
  expect(events).toEqual([
    { time: 0.25, code: "o", data: "hello\r\n" },
    { time: 1, code: "r", data: "132x43" },
    { time: 1.5, code: "o", data: "wide" },
  ]);
});

test("a clock that was set back stands still", () => {
  const { events } = cast({ 0: "abc" }, [size(0, 80, 24), chunk(0, 1, 500), chunk(1, 1, -9_000), chunk(2, 1, 700)]);
  expect(events.map(({ time }) => time)).toEqual([0.5, 0.5, 0.7]);
});

test("what the index does not know yet comes last, what was dropped is passed over", () => {
  const { width, events } = cast({ 10: "kept", 14: "unindexed" }, [
    size(0, 80, 24),
    chunk(0, 10, 100),
    size(4, 90, 30, 50),
    chunk(10, 4, 2_000),
    { kind: "dropped", atMs: START_MS + 2_000, offset: 0, bytes: 10 },
  ]);
  expect(width).toBe(90);
  expect(events).toEqual([
    { time: 0, code: "o", data: "kept" },
    { time: 0, code: "o", data: "unindexed" },
  ]);
});

test("the text is the same however its bytes were cut, with whole characters and U+FFFD for what is none", () => {
  const bytes = fc.array(fc.constantFrom("a", "é", "漢", "👍", "\u001b[31m", "\u0000", "\u2028"), { maxLength: 30 });
  const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 });
  fc.assert(
    fc.property(bytes, fc.boolean(), cuts, (parts, isBroken, lengths) => {
      const whole = Buffer.concat([Buffer.from(parts.join("")), Buffer.from(isBroken ? [0xe6, 0x41, 0xff, 0xf0] : [])]);
      const records: JournalRecord[] = [size(0, 80, 24)];
      for (let at = 0, index = 0; at < whole.length; index++) {
        const length = Math.min(lengths[index % lengths.length] ?? 1, whole.length - at);
        records.push(chunk(at, length, at));
        at += length;
      }
      const { events } = cast({ 0: whole }, records);
      expect(events.map(({ data }) => data).join("")).toBe(whole.toString("utf8"));
      // The decoder's own remark about a last, unfinished character may stand alone.
      for (const { data } of events.slice(0, isBroken ? 0 : undefined)) expect(data).not.toContain("\ufffd");
    }),
    { numRuns: 100 },
  );
});
