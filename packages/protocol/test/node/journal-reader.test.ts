import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import {
  encodeJournalRecord,
  type JournalRecord,
  journalIndexPath,
  journalSegmentPath,
  openJournal,
} from "../../src/node/index.ts";

const count = fc.nat(2 ** 40);
const at = { atMs: count, offset: count };
const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ kind: fc.constant("chunk" as const), ...at, bytes: count }),
  fc.record({ kind: fc.constant("resize" as const), ...at, cols: fc.nat(65_535), rows: fc.nat(65_535) }),
  fc.record({ kind: fc.constant("dropped" as const), ...at, bytes: count }),
  fc.record({ kind: fc.constant("end" as const), ...at }),
);

test("a directory without a journal is an empty journal", () => {
  const journal = openJournal(join(temporaryDirectory(), "absent"));
  expect([journal.firstOffset, journal.endOffset]).toEqual([0, 0]);
  expect(journal.read(0, 10)).toEqual({ offset: 0, bytes: new Uint8Array(0) });
  expect([...journal.records()]).toEqual([]);
});

test("the bytes from any offset are the same, however they were cut into segments", () => {
  const base = temporaryDirectory();
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(sizes, fc.nat(3), fc.integer({ min: 1, max: 60 }), (lengths, dropped, maxBytes) => {
      const directory = mkdtempSync(join(base, "journal-"));
      const total = lengths.reduce((a, b) => a + b);
      const whole = Uint8Array.from({ length: total }, (_, index) => index % 251);
      let offset = 0;
      let first = 0;
      for (const [index, length] of lengths.entries()) {
        const isDropped = index < dropped && index < lengths.length - 1;
        if (isDropped) first = offset + length;
        else writeFileSync(journalSegmentPath(directory, offset), whole.subarray(offset, offset + length));
        offset += length;
      }
      const journal = openJournal(directory);
      expect([journal.firstOffset, journal.endOffset]).toEqual([first, total]);
      for (let from = 0; from <= total; from++) {
        const slice = journal.read(from, maxBytes);
        expect(slice.offset).toBe(Math.max(first, from));
        expect(slice.bytes.length).toBeLessThanOrEqual(maxBytes);
        expect(slice.bytes.length > 0).toBe(from < total);
        const end = slice.offset + slice.bytes.length;
        expect(Buffer.compare(slice.bytes, whole.subarray(slice.offset, end))).toBe(0);
      }
      rmSync(directory, { recursive: true });
    }),
    { numRuns: 50 },
  );
});

test("a journal that is being written shows what came, and what was dropped, since it was opened", () => {
  const directory = temporaryDirectory();
  writeFileSync(journalSegmentPath(directory, 0), "old");
  const journal = openJournal(directory);
  expect(journal.endOffset).toBe(3);
  appendFileSync(journalSegmentPath(directory, 0), "er");
  writeFileSync(journalSegmentPath(directory, 5), "new");
  expect(Buffer.from(journal.read(3, 100).bytes).toString()).toBe("er");
  rmSync(journalSegmentPath(directory, 0));
  const { offset, bytes } = journal.read(1, 100);
  expect([offset, Buffer.from(bytes).toString()]).toEqual([5, "new"]);
  expect(journal.firstOffset).toBe(5);
});

test("the index gives back what was written to it", () => {
  const directory = temporaryDirectory();
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), fc.nat(31), (records, torn) => {
      const bytes = Buffer.concat(records.map(encodeJournalRecord));
      writeFileSync(journalIndexPath(directory), Buffer.concat([bytes, Buffer.alloc(torn, 1)]));
      expect([...openJournal(directory).records()]).toEqual(records);
    }),
  );
});

test("an index longer than one read is read to its end", () => {
  const directory = temporaryDirectory();
  const records = Array.from({ length: 5000 }, (_, offset) => ({ kind: "chunk" as const, atMs: 1, offset, bytes: 1 }));
  records.forEach((chunk) => {
    appendFileSync(journalIndexPath(directory), encodeJournalRecord(chunk));
  });
  expect([...openJournal(directory).records()]).toEqual(records);
});

test("the sizes of the terminal stand in the index, kinds of a later version do not disturb", () => {
  const directory = temporaryDirectory();
  const resize = { kind: "resize" as const, atMs: 5, offset: 7, cols: 80, rows: 24 };
  const unknown = encodeJournalRecord({ kind: "chunk", atMs: 1, offset: 0, bytes: 7 });
  unknown.writeUInt32BE(99, 16);
  writeFileSync(journalIndexPath(directory), Buffer.concat([unknown, encodeJournalRecord(resize)]));
  expect([...openJournal(directory).resizes()]).toEqual([resize]);
});
