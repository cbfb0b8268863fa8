import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { completeLength } from "../../src/stream/complete-sequences.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const whole = [
  "a",
  "漢",
  "😀",
  "\r\n",
  "\x1b[31m",
  "\x1b[?1049h",
  "\x1b]0;title\x07",
  "\x1b]8;;u\x1b\\",
  "\x1bP+q\x1b\\",
  "\x1b(0",
  "\x1b7",
];

describe("where output can be cut", () => {
  it.each([
    ["text", "text"],
    ["text\x1b", "text"],
    ["text\x1b[3", "text"],
    ["text\x1b[3m", "text\x1b[3m"],
    ["\x1b]0;title", ""],
    ["\x1b]0;title\x1b", ""],
    ["\x1b(", ""],
    ["a\x1b[3\x18b", "a\x1b[3\x18b"],
  ])("of %j is behind %j", (given, complete) => {
    const bytes = Buffer.from(given);
    expect(text(bytes.subarray(0, completeLength(bytes)))).toBe(complete);
  });

  it("is between two of the pieces that the output is made of, and leaves less than one over", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...whole)), fc.nat(), (pieces, cut) => {
        const bytes = Buffer.from(pieces.join(""));
        const given = bytes.subarray(0, bytes.length === 0 ? 0 : cut % (bytes.length + 1));
        const ends = pieces.map((_, index) => Buffer.byteLength(pieces.slice(0, index + 1).join("")));
        // Plain characters may be cut anywhere between two of them, a piece of several of them too.
        const possible = new Set([
          0,
          ...ends,
          ...pieces.flatMap((piece, index) => (piece === "\r\n" ? [(ends[index] ?? 0) - 1] : [])),
        ]);
        const expected = Math.max(...[...possible].filter((end) => end <= given.length));
        expect(completeLength(given)).toBe(expected);
      }),
    );
  });
});
