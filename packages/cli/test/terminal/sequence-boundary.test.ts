import { completeLength } from "@orchastration/protocol/stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { followSequences } from "../../src/terminal/sequence-boundary.ts";

const PIECES = ["a", "漢", "😀", "\x1b[31m", "\x1b]0;title\x07", "\x1b]8;;u\x1b\\", "\x1bPq\x1b\\", "\x1b(0", "\x1b7"];

test("however the output is split, it is known whether a sequence or a character is open", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES)), fc.array(fc.nat(8)), (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join(""));
      const sequences = followSequences();
      let at = 0;
      for (const cut of cuts) {
        sequences.take(bytes.subarray(at, at + cut));
        at = Math.min(bytes.length, at + cut);
        expect(sequences.isBetween).toBe(completeLength(bytes.subarray(0, at)) === at);
      }
    }),
  );
});

test("an image of any length is open until it ends", () => {
  const sequences = followSequences();
  sequences.take(Buffer.from("\x1bPq"));
  for (let piece = 0; piece < 10; piece++) sequences.take(Buffer.alloc(10_000, 0x3f));
  expect(sequences.isBetween).toBe(false);
  sequences.take(Buffer.from("\x1b\\"));
  expect(sequences.isBetween).toBe(true);
});
