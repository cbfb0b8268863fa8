import fc from "fast-check";
import { expect, test } from "vitest";
import { toPlainJson } from "../src/plain-text.ts";

const ACTING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

test("any document stays the same, whatever its text", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), fc.constantFrom(0, 2), (document, indent) => {
      const text = toPlainJson(document, indent);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(document)));
      expect(text).not.toMatch(ACTING);
    }),
  );
});

test("control, direction and invisible characters become escapes", () => {
  expect(toPlainJson({ "a\u009b": "\u001b]0;x\u0007\u202e\ufeff\u007f" })).toBe(
    String.raw`{"a\u009b":"\u001b]0;x\u0007\u202e\ufeff\u007f"}`,
  );
});
