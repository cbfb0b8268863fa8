import { expect, it } from "vitest";
import { createTypingNotice } from "../../src/terminal/typing.ts";
import { createFakeClock } from "../support/fake-clock.ts";

function told(): { readonly clock: ReturnType<typeof createFakeClock>; type(text: string): number } {
  const clock = createFakeClock();
  let count = 0;
  const notice = createTypingNotice(clock, () => {
    count += 1;
  });
  return {
    clock,
    type(text) {
      notice(Buffer.from(text));
      return count;
    },
  };
}

it("typing is told at once, and then once a second", () => {
  const { clock, type } = told();
  expect(type("a")).toBe(1);
  clock.advance(999);
  expect(type("b")).toBe(1);
  clock.advance(1);
  expect(type("c")).toBe(2);
});

it.each([
  ["focus", "\x1b[I"],
  ["two of them", "\x1b[O\x1b[I"],
  ["a cursor position", "\x1b[12;40R"],
  ["device attributes", "\x1b[?62;22c\x1b[>1;10;0c"],
  ["keyboard flags", "\x1b[?1u"],
  ["a mode", "\x1b[?2026;2$y"],
  ["a colour", "\x1b]11;rgb:0000/0000/0000\x1b\\"],
  ["its name", "\x1bP>|toy(1)\x1b\\"],
])("what a terminal reports by itself is not typing: %s", (_, text) => {
  expect(told().type(text)).toBe(0);
});

it.each([
  ["a key after a report", "\x1b[Iy"],
  ["an arrow", "\x1b[A"],
  ["a key in the extended form", "\x1b[97;5u"],
  ["a paste", `\x1b[200~${"x".repeat(10_000)}\x1b[201~`],
])("is typing: %s", (_, text) => {
  expect(told().type(text)).toBe(1);
});
