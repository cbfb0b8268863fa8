import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { journalSegmentPath } from "@orchastration/protocol/node";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import {
  createLineSearch,
  type LineHit,
  SHOWN_BEFORE_BYTES,
  SHOWN_BEHIND_BYTES,
} from "../../src/searching/line-search.ts";
import { searchStream } from "../../src/searching/search-stream.ts";
import { createControlStripper } from "../../src/searching/strip-controls.ts";
import { createTextFinder } from "../../src/searching/text-finder.ts";

interface Query {
  readonly text: string;
  readonly isCaseIgnored?: boolean;
}

/** Searches output that comes in pieces of these lengths, over and over. */
function search(output: Buffer, { text, isCaseIgnored = false }: Query, lengths: readonly number[]): LineHit[] {
  const stripper = createControlStripper();
  const lines = createLineSearch(createTextFinder(text, isCaseIgnored));
  const hits: LineHit[] = [];
  for (let at = 0, turn = 0; at < output.length; turn++) {
    const piece = output.subarray(at, at + (lengths[turn % lengths.length] ?? 1));
    hits.push(...lines.push(stripper.strip(piece, at)));
    at += piece.length;
  }
  return [...hits, ...lines.end()];
}

const searchText = (output: string, query: Query, lengths = [1_000_000]) => search(Buffer.from(output), query, lengths);

/** The whole output at once, as a person would: sequences out, then line by line. */
function naiveSearch(
  parts: readonly (readonly [kind: "text" | "control", text: string])[],
  { text, isCaseIgnored }: Query,
) {
  const stripped: { readonly character: string; readonly offset: number }[] = [];
  let offset = 0;
  for (const [kind, part] of parts) {
    for (const character of part) {
      if (kind === "text") stripped.push({ character: character === "\r" ? "\n" : character, offset });
      offset += Buffer.byteLength(character);
    }
  }
  const fold = (value: string) => (isCaseIgnored ? value.toLowerCase() : value);
  const hits: { offset: number; line: string }[] = [];
  for (let start = 0; start <= stripped.length; ) {
    const found = stripped.findIndex(({ character }, index) => index >= start && character === "\n");
    const end = found === -1 ? stripped.length : found;
    const line = stripped.slice(start, end);
    const whole = line.map(({ character }) => character).join("");
    const at = fold(whole).indexOf(fold(text));
    const first = at === -1 ? undefined : line[Array.from(whole.slice(0, at)).length];
    if (first !== undefined) hits.push({ offset: first.offset, line: whole });
    start = end + 1;
  }
  return hits;
}

const CONTROLS = [
  "\u001b[31m",
  "\u001b[1;38:5:9m",
  "\u001b[?25l",
  "\u001b]0;abab é title\u0007",
  "\u001b]8;;http://ab\u001b\\",
  "\u001bP1;ab\u001b\\",
  "\u001b(B",
  "\u001bM",
  "\u009b1m",
  "\u009dab\u009c",
  "\u0085",
  "\u0000",
  "\b",
  "\u007f",
];

const part = fc.oneof(
  fc.tuple(fc.constant("text" as const), fc.constantFrom("a", "b", "ab", "A", "é", "É", "漢", "§", "\n", "\r", "\t")),
  fc.tuple(fc.constant("control" as const), fc.constantFrom(...CONTROLS)),
);
const lengths = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
const wanted = fc.constantFrom("a", "ab", "aba", "é", "aé", "漢a", "bbb", "b\ta", "AB", "§a");

describe("a search", () => {
  test("finds exactly the lines that a naive search of the whole stripped text finds, however the output is cut", () => {
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 60 }),
        wanted,
        fc.boolean(),
        lengths,
        (parts, text, isCaseIgnored, cuts) => {
          const output = Buffer.from(parts.map(([, piece]) => piece).join(""));
          const query = { text, isCaseIgnored };
          expect(search(output, query, cuts)).toEqual(naiveSearch(parts, query));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("answers the same for any bytes at all, however they are cut", () => {
    const bytes = fc.array(
      fc.constantFrom(0x61, 0x62, 0x0a, 0x1b, 0x5b, 0x5d, 0x07, 0xc2, 0x9b, 0x9c, 0x9d, 0xff, 0x3b, 0x18),
      {
        maxLength: 80,
      },
    );
    fc.assert(
      fc.property(bytes, lengths, (output, cuts) => {
        const query = { text: "ab" };
        expect(search(Buffer.from(output), query, cuts)).toEqual(search(Buffer.from(output), query, [100]));
      }),
      { numRuns: 2_000 },
    );
  });

  test("finds a text over styled pieces, and says where its first byte stands", () => {
    const output = "one\n\u001b[1mer\u001b[31mr\u001b[0mor\u001b[K: disk\n";
    expect(searchText(output, { text: "error: d" })).toEqual([
      { offset: output.indexOf("er\u001b"), line: "error: disk" },
    ]);
  });

  test("shows of a line without an end what is around the text, in whole characters, and holds no more of it", () => {
    const output = `${"é".repeat(5_000)}x needle ${"漢".repeat(5_000)} needle again`;
    for (const cuts of [[1], [7, 4096], [100_000]]) {
      const [hit, ...others] = searchText(output, { text: "needle" }, cuts);
      expect(others).toEqual([]);
      expect(hit?.offset).toBe(10_002);
      expect(hit?.line).toMatch(/^é+x needle 漢+$/);
      expect(Buffer.byteLength(hit?.line ?? "")).toBeGreaterThan(SHOWN_BEFORE_BYTES + SHOWN_BEHIND_BYTES - 10);
      expect(Buffer.byteLength(hit?.line ?? "")).toBeLessThanOrEqual(SHOWN_BEFORE_BYTES + SHOWN_BEHIND_BYTES + 6);
    }
  });

  test("finds what comes behind a long line at its place", () => {
    const output = `needle${"y".repeat(2_000)}\u001b[31mneedle\n§\u001b[31mneedle\n`;
    for (const cuts of [[1], [7], [700], [5_000]]) {
      expect(searchText(output, { text: "needle" }, cuts).map(({ offset }) => offset)).toEqual([
        0,
        Buffer.byteLength(output) - "needle\n".length,
      ]);
    }
  });

  test("takes a title without an end for text after a mebibyte", () => {
    const output = `\u001b]0;${"x".repeat(1024 * 1024)}\nfound`;
    expect(searchText(output, { text: "found" }, [65_536])).toHaveLength(1);
  });

  test("that ignores case knows that of every character, and takes no other for it", () => {
    const query = { text: "straße ÄΩ", isCaseIgnored: true };
    expect(searchText("STRAßE äω", query)).toHaveLength(1);
    expect(searchText("STRASSE äω", query)).toHaveLength(0);
    // The bytes of ã and Ã differ from those of other characters only by the case of their latin1 forms.
    expect(searchText("\u00e3", { text: "\u00e2", isCaseIgnored: true })).toHaveLength(0);
    expect(searchText("a.c", { text: "A.C", isCaseIgnored: true })).toHaveLength(1);
    expect(searchText("abc", { text: "A.C", isCaseIgnored: true })).toHaveLength(0);
  });
});

describe("a stream", () => {
  const finder = createTextFinder("needle", false);

  test("of a terminal is searched over its segments, and not over what was dropped between them", () => {
    const directory = temporaryDirectory();
    writeFileSync(journalSegmentPath(directory, 100), "a nee");
    writeFileSync(journalSegmentPath(directory, 105), "dle\nnee");
    writeFileSync(journalSegmentPath(directory, 200), "dle needle");
    const hits = [...searchStream({ kind: "journal", directory, endOffset: 1_000 }, finder)].flat();
    expect(hits).toEqual([
      { offset: 102, line: "a needle" },
      { offset: 204, line: "dle needle" },
    ]);
  });

  test("of a file is searched up to the end of what is the run's; one that is gone has nothing in it", () => {
    const path = join(temporaryDirectory(), "out.log");
    writeFileSync(path, `${"x".repeat(256 * 1024 - 3)}needle\nneedle`);
    const file = (endOffset: number) => [...searchStream({ kind: "file", path, endOffset }, finder)].flat();
    expect(file(Number.MAX_SAFE_INTEGER).map(({ offset }) => offset)).toEqual([256 * 1024 - 3, 256 * 1024 + 4]);
    expect(file(256 * 1024 + 8)).toHaveLength(1);
    expect([...searchStream({ kind: "file", path: `${path}.gone`, endOffset: 9 }, finder)].flat()).toEqual([]);
  });
});
