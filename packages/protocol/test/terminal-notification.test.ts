import fc from "fast-check";
import { expect, test } from "vitest";
import { terminalNotification } from "../src/terminal-notification.ts";

test("a terminal is told in either form", () => {
  expect(terminalNotification("osc9", "fix-login is idle", "why")).toBe("\u001b]9;fix-login is idle: why\u001b\\");
  expect(terminalNotification("osc777", "a;b", "c;d")).toBe("\u001b]777;notify;a,b;c;d\u001b\\");
});

test("a text that is a command of ConEmu is text", () => {
  expect(terminalNotification("osc9", "", "4;1;50")).toBe("\u001b]9; 4;1;50\u001b\\");
});

test("nothing in a text ends the sequence or begins another", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("\u0007", "\u001b\\\u001b]52;c;eA==\u0007", "\u009c", "\u009b5n"),
  );
  fc.assert(
    fc.property(fc.constantFrom("osc9", "osc777"), text, text, (form, title, body) => {
      const inside = terminalNotification(form, title, body).slice(2, -2);
      expect(inside).not.toMatch(/\p{Cc}/u);
    }),
  );
});
