import { formatTaskName, parseTaskName } from "@orchastration/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findBranchFault, taskBranch } from "../../src/domain/branch-name.ts";
import { findNameFault } from "../../src/domain/safe-name.ts";
import { slugify } from "../../src/domain/slug.ts";
import { isBranchName } from "../../src/git/repository.ts";
import { gitAt } from "../../src/git/run-git.ts";
import { createTestRepository } from "../git/git-repository.ts";
import { nastyNames } from "../nasty-names.ts";

describe("a branch name", () => {
  test.each(["main", "feature/x", "orchastration/1-work", "Übung", "日本", "release-1.2", "a@b", "v1.0", "user/x#2"])(
    "%s is one",
    (name) => {
      expect(findBranchFault(name)).toBeUndefined();
    },
  );

  test.each([
    "",
    "-rf",
    "a/-b",
    "a b",
    "a..b",
    "a//b",
    "/a",
    "a/",
    ".git",
    "a/.b",
    "a.lock",
    "a.LOCK/b",
    "a.",
    "@",
    "@{-1}",
    "a~1",
    "a^",
    "a:b",
    "a?b",
    "a*b",
    "a[b",
    "a\\b",
    "a\nb",
    "a\0b",
    "a\u202eb",
    "a\u200bb",
    "a\u00a0b",
    "HEAD",
    "refs/heads/x",
    "con",
    "a/nul.txt",
    "git~1",
    "x".repeat(300),
    "a".repeat(40),
  ])("%j is none", (name) => {
    expect(findBranchFault(name)).toBeTypeOf("string");
  });

  test("is one to git as well", async () => {
    const repository = createTestRepository({});
    const git = gitAt({ gitDir: `${repository.root}/.git`, workTree: null });
    const unit = fc.constantFrom(
      "a",
      "B",
      "/",
      ".",
      "-",
      "@",
      "{",
      "~",
      "é",
      "lock",
      "+",
      "#",
      "%",
      "'",
      "1",
      "_",
      ",",
    );
    const name = fc.oneof(fc.string({ unit, minLength: 1, maxLength: 10 }), fc.constantFrom(...nastyNames));
    const names = fc.sample(name, 60).filter((each) => findBranchFault(each) === undefined);
    for (const each of names) expect([each, await isBranchName(git, each)]).toEqual([each, true]);
    for (const each of ["-rf", "a..b", "@{-1}", "a.lock", "HEAD~1"]) expect(await isBranchName(git, each)).toBe(false);
  });

  test("of a task is one, whatever its title", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e14 }), fc.string({ unit: "binary" }), (id, title) => {
        const name = { id, slug: slugify(title) };
        expect(findBranchFault(taskBranch(name))).toBeUndefined();
        expect(findNameFault(formatTaskName(name))).toBeUndefined();
        expect(parseTaskName(formatTaskName(name))).toEqual(name);
      }),
    );
  });
});
