import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editDistance, nearest } from "../src/nearest.ts";

describe("edit distance", () => {
  test.each([
    ["", "", 0],
    ["", "abc", 3],
    ["command", "comand", 1],
    ["level", "levle", 1],
    ["kitten", "sitting", 3],
  ])("from %j to %j is %i", (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  test("is the same in both directions, 0 only for equal words, and at most the longer word", () => {
    const word = fc.string({ maxLength: 12, unit: fc.constantFrom("a", "b", "c") });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe("the nearest words", () => {
  const keys = ["description", "command", "working_dir", "timeout_seconds", "env", "tty", "group"];

  test.each([
    ["comand", "command"],
    ["Command", "command"],
    ["descripton", "description"],
    ["workdir", "working_dir"],
    ["timeout", "timeout_seconds"],
    ["envs", "env"],
  ])("%s is understood as %s", (word, meant) => {
    expect(nearest(word, keys, 1)).toEqual([meant]);
  });

  test.each(["xyz", "", "q", "completely_different"])("nothing is suggested for %j", (word) => {
    expect(nearest(word, keys)).toEqual([]);
  });

  test("the best come first, and no more than asked for", () => {
    expect(nearest("build", ["build-web", "guild", "build-api", "built", "deploy"], 2)).toEqual(["build-web", "guild"]);
    expect(nearest("build", ["guild", "build"])).toEqual(["build", "guild"]);
  });

  test("a word of a megabyte is no burden", () => {
    expect(nearest("x".repeat(1_000_000), ["command"])).toEqual([]);
  });
});
