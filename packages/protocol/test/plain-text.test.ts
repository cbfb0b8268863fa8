import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toPlainText } from "../src/plain-text.ts";

/** What no list, log line or error may contain, as ranges of code points: C0, DEL and C1, bidi, zero-width, tags. */
const FORBIDDEN: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0x061c, 0x061c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x2069],
  [0xfeff, 0xfeff],
  [0xe0000, 0xe0fff],
];

const isForbidden = (character: string): boolean => {
  const point = character.codePointAt(0) ?? 0;
  return FORBIDDEN.some(([first, last]) => first <= point && point <= last);
};

const hostile = fc.integer({ min: 0, max: FORBIDDEN.length - 1 }).chain((index) => {
  const [min = 0, max = 0] = FORBIDDEN[index] ?? [];
  return fc.integer({ min, max }).map((point) => String.fromCodePoint(point));
});
const anything = fc.array(fc.oneof(hostile, fc.string({ unit: "binary" }))).map((parts) => parts.join(""));

describe("plain text", () => {
  test("has no character that acts, whatever went in", () => {
    fc.assert(
      fc.property(anything, (text) => {
        expect(Array.from(toPlainText(text)).filter(isForbidden)).toEqual([]);
      }),
    );
  });

  test("keeps whatever shows, and spaces, as it is", () => {
    const visible = fc
      .string({ unit: "binary" })
      .map((text) => text.replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|\p{Default_Ignorable_Code_Point}/gu, ""));
    fc.assert(
      fc.property(visible, (text) => {
        expect(toPlainText(text)).toBe(text);
      }),
    );
  });

  test("is plain already once it is plain", () => {
    fc.assert(
      fc.property(anything, (text) => {
        expect(toPlainText(toPlainText(text))).toBe(toPlainText(text));
      }),
    );
  });

  test.each([
    ["a clipboard write", "\u001b]52;c;cm0gLXJmIC8=\u0007x", "]52;c;cm0gLXJmIC8=x"],
    ["a link", "\u001b]8;;http://evil\u001b\\here\u001b]8;;\u001b\\", "]8;;http://evil\\here]8;;\\"],
    ["a program status", "\u001b]7501;state=done\u0007", "]7501;state=done"],
    ["a title report", "\u001b[21t", "[21t"],
    ["an eight-bit CSI", "\u009b31mred", "31mred"],
    ["an overwritten line", "rm -rf /\recho hello", "rm -rf /␤echo hello"],
    ["several lines", "one\r\ntwo\nthree\ttabbed", "one␤two␤three tabbed"],
    ["a reversed name", "\u202etxt.exe", "txt.exe"],
    ["words of every script", "naïve 日本語 עברית 🙂", "naïve 日本語 עברית 🙂"],
  ])("of %s is harmless", (_, text, expected) => {
    expect(toPlainText(text)).toBe(expected);
  });
});
