import { expect, test } from "vitest";
import { encodeKey, type KeyboardModes } from "../../src/domain/keys.ts";

const PLAIN: KeyboardModes = { hasApplicationCursor: false, kittyFlags: 0 };

const encode = (name: string, modes: Partial<KeyboardModes> = {}): string =>
  Buffer.from(encodeKey(name, { ...PLAIN, ...modes })).toString();

test.each([
  ["a", "a"],
  ["é", "é"],
  ["漢", "漢"],
  ["-", "-"],
  ["C", "C"],
  ["Enter", "\r"],
  ["tab", "\t"],
  ["BTab", "\x1b[Z"],
  ["Escape", "\x1b"],
  ["BSpace", "\x7f"],
  ["C-c", "\x03"],
  ["C-C", "\x03"],
  ["C-Space", "\0"],
  ["C-[", "\x1b"],
  ["C-?", "\x7f"],
  ["M-x", "\x1bx"],
  ["C-M-x", "\x1b\x18"],
  ["S-x", "X"],
  ["Up", "\x1b[A"],
  ["C-Left", "\x1b[1;5D"],
  ["C--", undefined],
  ["Home", "\x1b[H"],
  ["PPage", "\x1b[5~"],
  ["S-Delete", "\x1b[3;2~"],
  ["F1", "\x1bOP"],
  ["S-F1", "\x1b[1;2P"],
  ["F5", "\x1b[15~"],
  ["F12", "\x1b[24~"],
])("%s is what a terminal sends for it", (name, bytes) => {
  if (bytes === undefined) expect(() => encode(name)).toThrow(`no key "${name}"`);
  else expect(encode(name)).toBe(bytes);
});

test("the cursor keys are those of an application when it asked for them, and with a modifier they are not", () => {
  const modes = { hasApplicationCursor: true };
  expect([encode("Up", modes), encode("End", modes), encode("C-Up", modes)]).toEqual(["\x1bOA", "\x1bOF", "\x1b[1;5A"]);
});

test("a program that has the kitty protocol on can tell Escape and Ctrl from what they look like", () => {
  const modes = { kittyFlags: 1 };
  expect(["Escape", "C-c", "M-X", "S-Enter", "Enter", "a", "S-a"].map((name) => encode(name, modes))).toEqual([
    "\x1b[27u",
    "\x1b[99;5u",
    "\x1b[120;3u",
    "\x1b[13;2u",
    "\r",
    "a",
    "A",
  ]);
});

test.each(["", "Entr", "C-", "C-é", "F13", "ab"])("%j is no key", (name) => {
  expect(() => encode(name)).toThrow(expect.objectContaining({ kind: "InvalidParams" }));
});
