import fc from "fast-check";
import { expect, test } from "vitest";
import { formatTaskName, parseTaskName, taskName } from "../src/task-name.ts";

test("a name is a number and a slug", () => {
  expect(parseTaskName("12-fix-login")).toEqual({ id: 12, slug: "fix-login" });
});

test.each([
  "",
  "12",
  "fix",
  "-fix",
  "0-fix",
  "01-fix",
  "1-",
  "1-2fix",
  "1--fix",
  "1-Fix",
  "1-a/b",
  "1-../x",
  "1-a\n",
  "1-é",
  `1-${"a".repeat(65)}`,
  "1e3-a",
  "9999999999999999-a",
  " 1-a",
  "1-a\0",
])("%j is none", (name) => {
  expect(parseTaskName(name)).toBeUndefined();
});

test("what is formatted is parsed", () => {
  const slugs = fc.stringMatching(/^[a-z][a-z0-9-]{0,63}$/);
  const ids = fc.integer({ min: 1, max: 999_999_999_999_999 });
  fc.assert(
    fc.property(ids, slugs, (id, slug) => {
      expect(parseTaskName(formatTaskName({ id, slug }))).toEqual({ id, slug });
    }),
  );
});

test("people call a task by number and slug, and a configured one, which has no number, by its slug", () => {
  expect(taskName({ number: 12, slug: "fix-login" })).toBe("12-fix-login");
  expect(taskName({ number: null, slug: "fix-login" })).toBe("fix-login");
});
