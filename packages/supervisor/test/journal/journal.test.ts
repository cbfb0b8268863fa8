import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  encodeJournalRecord,
  journalDigestPath,
  journalIndexPath,
  journalSegmentPath,
  listJournalDigests,
  openJournal,
  repairJournal,
} from "@orchastration/protocol/node";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { until } from "../../../../test/support/until.ts";
import { createJournal, type JournalWriter } from "../../src/journal/journal.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const MIB = 1024 * 1024;

function openWriter(directory: string, bounds: { segmentBytes?: number; maxBytes?: number } = {}) {
  const pressures: boolean[] = [];
  const log = createRecordingLog();
  const clock = createFakeClock();
  const output = { kind: "pty" as const, cols: 80, rows: 24, segmentBytes: MIB, maxBytes: 0, ...bounds };
  const journal = createJournal({ clock, log }, { session: "s", directory, output }, (isHigh) =>
    pressures.push(isHigh),
  );
  return { journal, pressures, log, clock };
}

function wholeOf(journal: Pick<JournalWriter, "read" | "firstOffset">): Buffer {
  const parts: Uint8Array[] = [];
  for (let offset = journal.firstOffset; ; ) {
    const slice = journal.read(offset, 7000);
    if (slice.bytes.length === 0) return Buffer.concat(parts);
    parts.push(Uint8Array.from(slice.bytes));
    offset = slice.offset + slice.bytes.length;
  }
}

const numbered = (from: number, length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => ((from + index) * 31) % 251));

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what two terminals put out by turns stays apart, in memory and on disk, however much it is", async () => {
  const base = temporaryDirectory();
  const sides = ["left", "right"].map((name, index) => {
    const directory = mkdtempSync(join(base, name));
    return { directory, seed: index * 100, total: 0, ...openWriter(directory) };
  });
  for (let round = 0; round < 30; round++) {
    for (const side of sides) {
      const bytes = numbered(side.seed + side.total, 1 + ((round * 7919) % 90_000));
      side.journal.append(bytes);
      // Whoever hands it over takes it back at once.
      bytes.fill(0);
      side.total += bytes.length;
    }
    if (round % 3 === 0) await turnOfTheLoop();
    for (const { journal, seed, total } of sides) {
      expect(Buffer.compare(wholeOf(journal), numbered(seed, total))).toBe(0);
    }
  }
  for (const { journal, directory, seed, total } of sides) {
    await journal.end();
    expect(Buffer.compare(wholeOf(openJournal(directory)), numbered(seed, total))).toBe(0);
  }
});

test("what was appended is read back at once and for ever, whatever is written by then and however it is cut", async () => {
  const base = temporaryDirectory();
  const step = fc.record({ bytes: fc.integer({ min: 1, max: 300 }), turns: fc.nat(2), hasMark: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.integer({ min: 1, max: 500 }),
      async (steps, segmentBytes) => {
        const directory = mkdtempSync(join(base, "journal-"));
        const { journal } = openWriter(directory, { segmentBytes });
        let total = 0;
        for (const { bytes, turns, hasMark } of steps) {
          if (hasMark) journal.markSize(total + 1, 24);
          journal.append(numbered(total, bytes));
          total += bytes;
          for (let turn = 0; turn < turns; turn++) await turnOfTheLoop();
          expect(Buffer.compare(wholeOf(journal), numbered(0, total))).toBe(0);
        }
        await journal.end();
        const reader = openJournal(directory);
        expect([reader.firstOffset, reader.endOffset, journal.endOffset]).toEqual([0, total, total]);
        expect(Buffer.compare(wholeOf(reader), numbered(0, total))).toBe(0);
        const records = [...reader.records()];
        let offset = 0;
        for (const record of records) {
          expect(record.offset).toBe(offset);
          if (record.kind === "chunk") offset += record.bytes;
          if (record.kind === "resize") expect(record.cols).toBe(offset + 1);
        }
        expect(records.at(-1)).toMatchObject({ kind: "end", offset: total });
        rmSync(directory, { recursive: true });
      },
    ),
    { numRuns: 30 },
  );
});

test("finished segments are full, and beside each stands a digest that sha256sum understands", async () => {
  const directory = temporaryDirectory();
  const { journal } = openWriter(directory, { segmentBytes: 1000 });
  for (let offset = 0; offset < 2500; offset += 100) journal.append(numbered(offset, 100));
  await journal.end();
  expect(readdirSync(directory).sort()).toEqual([
    "output.0.raw",
    "output.0.sha256",
    "output.1000.raw",
    "output.1000.sha256",
    "output.2000.raw",
    "output.2000.sha256",
    "output.idx",
  ]);
  for (const [offset, length] of [
    [0, 1000],
    [1000, 1000],
    [2000, 500],
  ] as const) {
    const digest = createHash("sha256").update(numbered(offset, length)).digest("hex");
    expect(readFileSync(join(directory, `output.${offset}.sha256`), "utf8")).toBe(`${digest}  output.${offset}.raw\n`);
  }
});

test("beyond its bound the oldest segments go, offsets stay, and the gap is recorded", async () => {
  const directory = temporaryDirectory();
  const { journal } = openWriter(directory, { segmentBytes: 1000, maxBytes: 2500 });
  for (let offset = 0; offset < 10_000; offset += 100) {
    journal.append(numbered(offset, 100));
    await turnOfTheLoop();
  }
  await journal.end();
  const reader = openJournal(directory);
  expect(reader.endOffset).toBe(10_000);
  expect(reader.endOffset - reader.firstOffset).toBeLessThanOrEqual(2500);
  expect(reader.firstOffset).toBeGreaterThanOrEqual(7000);
  expect(Buffer.compare(wholeOf(reader), numbered(reader.firstOffset, 10_000 - reader.firstOffset))).toBe(0);
  let gone = 0;
  for (const record of reader.records()) {
    if (record.kind !== "dropped") continue;
    expect(record.offset).toBe(gone);
    gone += record.bytes;
  }
  expect(gone).toBe(reader.firstOffset);
});

describe("output that may wait", () => {
  const chunks = (directory: string): readonly number[] =>
    [...openJournal(directory).records()].flatMap((record) => (record.kind === "chunk" ? record.bytes : []));

  test("is read back at once, and written within its delay together with what came meanwhile", async () => {
    const directory = temporaryDirectory();
    const { journal, clock } = openWriter(directory);
    journal.append(numbered(0, 10), 5);
    clock.advance(4);
    journal.append(numbered(10, 10), 5);
    await turnOfTheLoop();
    expect(openJournal(directory).endOffset).toBe(0);
    expect(Buffer.compare(wholeOf(journal), numbered(0, 20))).toBe(0);
    clock.advance(1);
    await until(() => chunks(directory).length > 0);
    expect(chunks(directory)).toEqual([20]);
    await journal.end();
  });

  test("does not wait for its delay when it is much", async () => {
    const directory = temporaryDirectory();
    const { journal } = openWriter(directory);
    for (let offset = 0; offset < 64 * 1024; offset += 4096) journal.append(numbered(offset, 4096), 5);
    await until(() => openJournal(directory).endOffset === 64 * 1024);
    await journal.end();
  });

  test("goes with output that may not wait, and with the end", async () => {
    const directory = temporaryDirectory();
    const { journal, clock } = openWriter(directory);
    journal.append(numbered(0, 10), 5);
    journal.append(numbered(10, 1));
    await until(() => chunks(directory).length > 0);
    expect(chunks(directory)).toEqual([11]);
    journal.append(numbered(11, 10), 5);
    await journal.end();
    expect([openJournal(directory).endOffset, clock.pending]).toEqual([21, 0]);
  });
});

test("the current segment is never dropped, however small the bound", async () => {
  const directory = temporaryDirectory();
  const { journal } = openWriter(directory, { segmentBytes: 1000, maxBytes: 1 });
  journal.append(numbered(0, 1500));
  await journal.end();
  expect([openJournal(directory).firstOffset, openJournal(directory).endOffset]).toEqual([1000, 1500]);
});

test("pressure begins when too much is unwritten and ends when little is", async () => {
  const { journal, pressures } = openWriter(temporaryDirectory());
  journal.append(Buffer.alloc(MIB));
  expect(pressures).toEqual([]);
  journal.append(Buffer.alloc(1));
  expect(pressures).toEqual([true]);
  journal.append(Buffer.alloc(MIB));
  await journal.end();
  expect(pressures).toEqual([true, false]);
});

test("nobody else's journal is written to, and a discarded one leaves nothing", () => {
  const directory = temporaryDirectory();
  const { journal } = openWriter(directory);
  expect(() => openWriter(directory)).toThrow(expect.objectContaining({ kind: "SpawnFailed" }));
  journal.discard();
  expect(readdirSync(directory)).toEqual([]);
  expect(() => openWriter(join(directory, "absent"))).toThrow(expect.objectContaining({ kind: "StateUnavailable" }));
});

test("a disk that takes nothing is tried again, loses nothing, and does not hide the end", async () => {
  const directory = temporaryDirectory();
  const { journal, clock, log } = openWriter(directory, { segmentBytes: 100 });
  journal.append(numbered(0, 100));
  await until(() => openJournal(directory).endOffset === 100);
  // The place of the next segment is taken.
  writeFileSync(journalSegmentPath(directory, 100), "");
  journal.append(numbered(100, 50));
  await journal.end();
  expect(log.events).toContain("journal.unwritten");
  expect(Buffer.compare(journal.read(100, 1000).bytes, numbered(100, 50))).toBe(0);
  rmSync(journalSegmentPath(directory, 100));
  clock.advance(5000);
  await until(() => [...openJournal(directory).records()].at(-1)?.kind === "end");
  expect(Buffer.compare(wholeOf(openJournal(directory)), numbered(0, 150))).toBe(0);
});

test.each([
  ["between two segments", 0],
  ["at the end", 100],
])("a digest that the disk did not take is written later: %s", async (_, offset) => {
  const directory = temporaryDirectory();
  const { journal, clock, log } = openWriter(directory, { segmentBytes: 100 });
  // Its place is taken.
  mkdirSync(journalDigestPath(directory, offset));
  journal.append(numbered(0, 100));
  journal.append(numbered(100, 50));
  await journal.end();
  expect(log.events.join()).toMatch(/journal\.(unwritten|unfinished)/);
  rmdirSync(journalDigestPath(directory, offset));
  clock.advance(5000);
  await until(() => listJournalDigests(directory).size === 2);
  const sha256 = (from: number, length: number) => createHash("sha256").update(numbered(from, length)).digest("hex");
  expect(Object.fromEntries(listJournalDigests(directory))).toEqual({ 0: sha256(0, 100), 100: sha256(100, 50) });
  expect(Buffer.compare(wholeOf(openJournal(directory)), numbered(0, 150))).toBe(0);
});

describe("repair", () => {
  const chunk = (offset: number, bytes: number) => encodeJournalRecord({ kind: "chunk", atMs: 1, offset, bytes });

  test("a torn last record of the index goes, whole ones stay", () => {
    const directory = temporaryDirectory();
    writeFileSync(journalSegmentPath(directory, 0), Buffer.alloc(20));
    const whole = Buffer.concat([chunk(0, 10), chunk(10, 10)]);
    for (let torn = 0; torn < 32; torn++) {
      writeFileSync(journalIndexPath(directory), Buffer.concat([whole, chunk(20, 10).subarray(0, torn)]));
      repairJournal(directory);
      expect(Buffer.compare(readFileSync(journalIndexPath(directory)), whole)).toBe(0);
    }
  });

  test("records of output that never reached the disk go, and so do the zeros of a lost write", () => {
    const directory = temporaryDirectory();
    writeFileSync(journalSegmentPath(directory, 0), Buffer.alloc(15));
    writeFileSync(journalIndexPath(directory), Buffer.concat([chunk(0, 10), chunk(10, 10)]));
    repairJournal(directory);
    expect(readFileSync(journalIndexPath(directory)).equals(chunk(0, 10))).toBe(true);
    appendFileSync(journalIndexPath(directory), Buffer.alloc(64));
    repairJournal(directory);
    expect(readFileSync(journalIndexPath(directory)).equals(chunk(0, 10))).toBe(true);
  });

  test("the segment that was being written gets its digest, finished ones keep theirs", () => {
    const directory = temporaryDirectory();
    writeFileSync(journalSegmentPath(directory, 0), "finished");
    writeFileSync(journalDigestPath(directory, 0), `${"0".repeat(64)}  output.0.raw\n`);
    writeFileSync(journalSegmentPath(directory, 8), "cut off");
    writeFileSync(journalIndexPath(directory), "");
    repairJournal(directory);
    const sha256 = createHash("sha256").update("cut off").digest("hex");
    expect(readFileSync(journalDigestPath(directory, 8), "utf8")).toBe(`${sha256}  output.8.raw\n`);
    expect([...listJournalDigests(directory)]).toEqual([
      [0, "0".repeat(64)],
      [8, sha256],
    ]);
  });

  test("a directory without an index gets none", () => {
    const directory = temporaryDirectory();
    repairJournal(directory);
    expect(existsSync(journalIndexPath(directory))).toBe(false);
  });
});
