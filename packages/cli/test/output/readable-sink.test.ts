import fc from "fast-check";
import { expect, test } from "vitest";
import { createReadableSink } from "../../src/output/readable-sink.ts";

async function read(...chunks: readonly (string | Uint8Array)[]): Promise<string> {
  const taken: Buffer[] = [];
  const sink = createReadableSink(async (bytes) => void taken.push(Buffer.from(bytes)));
  for (const chunk of chunks) await sink.write(Buffer.from(chunk));
  await sink.end();
  return Buffer.concat(taken).toString();
}

test.each([
  ["text, tabs and line ends", "a\tb\nc\r\nd", "a\tb\nc\nd"],
  ["other scripts and emoji", "né 日本 🎼", "né 日本 🎼"],
  [
    "colours, which are reset at the end",
    "\u001b[1;31mred\u001b[38:2::1:2:3m",
    "\u001b[1;31mred\u001b[38:2::1:2:3m\u001b[0m",
  ],
])("%s stay", async (_name, text, expected) => {
  expect(await read(text)).toBe(expected);
});

test.each([
  ["cursor movement", "a\u001b[2J\u001b[1;1Hb"],
  ["a report of the window's title", "a\u001b[21tb"],
  ["a title, ended by BEL", "a\u001b]0;evil\u0007b"],
  ["a link, ended by ST", "a\u001b]8;;http://x\u001b\\b"],
  ["the clipboard", "a\u001b]52;c;aGk=\u0007b"],
  ["a program status", "a\u001b]7501;state=done\u001b\\b"],
  ["a device string", "a\u001bP+q544e\u001b\\b"],
  ["8-bit control sequences", "a\u009b2Jb"],
  ["two-character escapes", "a\u001bcb"],
  ["character set changes", "a\u001b(0b"],
  ["bell, backspace, delete, NUL", "a\u0007\u0008\u007f\u0000b"],
  ["direction overrides and zero-width characters", "a\u202e\u200b\ufeff\u2066b"],
])("%s is taken out", async (_name, text) => {
  expect(await read(text)).toBe("ab");
});

test("what a carriage return would have overwritten is seen", async () => {
  expect(await read("rm -rf /\rls")).toBe("rm -rf /\nls");
});

test("text behind an escape sequence without an end is not lost", async () => {
  expect(await read("\u001b]0;never ended ", "x".repeat(5_000))).toContain("x".repeat(5_000));
});

test("where the output is split makes no difference", async () => {
  const piece = fc.constantFrom(
    "a",
    "é",
    "🎼",
    "\n",
    "\r",
    "\u001b[31m",
    "\u001b[2J",
    "\u001b]0;t\u0007",
    "\u001b]8;;x\u001b\\",
    "\u001b",
    "\u009b1A",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 12 }),
      fc.array(fc.nat(40), { maxLength: 6 }),
      async (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(""));
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(await read(...chunks)).toBe(await read(bytes));
      },
    ),
  );
});

test("nothing that acts on a terminal is left of anything, but colours", async () => {
  const unit = fc.constantFrom(
    "\u001b",
    "[",
    "]",
    "P",
    "\u009b",
    "\u0007",
    "\\",
    "0",
    ";",
    "m",
    "H",
    "\r",
    "\n",
    "a",
    "\u202e",
    "(",
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit, maxLength: 40 }), async (text) => {
      const left = (await read(text)).replaceAll(/\u001b\[[0-9;:]*m/g, "");
      expect(left).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/);
    }),
  );
});
