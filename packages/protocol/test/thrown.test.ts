import { expect, test } from "vitest";
import { messageOf, toError } from "../src/thrown.ts";

test("an error says its message, anything else is written out", () => {
  expect(messageOf(new TypeError("no such name"))).toBe("no such name");
  expect(messageOf("no such name")).toBe("no such name");
  expect(messageOf(undefined)).toBe("undefined");
});

test("an error stays itself, anything else becomes one", () => {
  const error = new TypeError("no such name");
  expect(toError(error)).toBe(error);
  expect(toError(7)).toEqual(new Error("7"));
});
