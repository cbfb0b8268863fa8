import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findNameFault } from "../../src/domain/safe-name.ts";
import { findFreeSlug, findSlugFault, MAX_SLUG_LENGTH, slugify } from "../../src/domain/slug.ts";
import { nastyNames } from "../nasty-names.ts";

describe("the slug of a title", () => {
  test.each([
    ["Fix the login page", "fix-the-login-page"],
    ["  Don't   panic!  ", "dont-panic"],
    ["Größe ändern", "grosse-andern"],
    ["Crème brûlée", "creme-brulee"],
    ["Łódź & Ærø", "lodz-aero"],
    ["42 ways", "task-42-ways"],
    ["日本語", "task"],
    ["🚀", "task"],
    ["", "task"],
    ["con", "task-con"],
    ["../../x", "x"],
    ["-rf", "rf"],
    ['"; touch pwned #', "touch-pwned"],
    ["$(x) %PATH%", "x-path"],
  ])("%j is %s", (title, slug) => {
    expect(slugify(title)).toBe(slug);
  });

  test.each(nastyNames)("%j is a slug", (name) => {
    expect(findSlugFault(slugify(name))).toBeUndefined();
  });

  test("is a slug and a safe name whatever the title", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 100 }), (title) => {
        const slug = slugify(title);
        expect(findSlugFault(slug)).toBeUndefined();
        expect(findNameFault(slug)).toBeUndefined();
        expect(slugify(slug)).toBe(slug);
      }),
    );
  });
});

test.each(["Ab", "a_b", "a--b", "-a", "a-", "1a", "a/b", "", "a b", "nul", "com1", "x".repeat(65), "é"])(
  "%j is no slug",
  (slug) => {
    expect(findSlugFault(slug)).toBeTypeOf("string");
  },
);

test("a taken slug gets a number, and stays a slug that nobody has", () => {
  expect(findFreeSlug("fix", (slug) => slug === "fix")).toBe("fix-2");
  const slug = fc.string({ unit: fc.constantFrom("a", "b", "-", "1"), minLength: 1, maxLength: 80 }).map(slugify);
  fc.assert(
    fc.property(slug, fc.integer({ min: 0, max: 120 }), (wanted, count) => {
      const taken = new Set<string>();
      for (let index = 0; index < count; index++) taken.add(findFreeSlug(wanted, (each) => taken.has(each)));
      expect(taken.size).toBe(count);
      for (const each of taken) expect(findSlugFault(each)).toBeUndefined();
      expect(Math.max(0, ...[...taken].map(({ length }) => length))).toBeLessThanOrEqual(MAX_SLUG_LENGTH);
    }),
    { numRuns: 50 },
  );
});
