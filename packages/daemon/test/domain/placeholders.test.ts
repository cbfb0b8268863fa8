import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findPlaceholders, isPlaceholder, placeholders, substitute } from "../../src/domain/placeholders.ts";

const values = { task_slug: "fix-login", branch: "orchastration/1-fix-login", worktree: "/work/tree" };

describe("substitution", () => {
  test("replaces every known name, wherever it stands", () => {
    expect(substitute(["{worktree}/run", "--branch={branch}", "{task_slug}{task_slug}"], values)).toEqual([
      "/work/tree/run",
      "--branch=orchastration/1-fix-login",
      "fix-loginfix-login",
    ]);
  });

  test.each([
    "{}",
    "{ }",
    "{print $1}",
    "{print}",
    "{TASK_SLUG}",
    "{task-slug}",
    "{task_slug",
    "task_slug}",
    '{"task":1}',
    '{"a":{"b":[]}}',
    "${branch}",
    "%{http_code}",
    "%{branch}",
    "{{branch}}",
    "{{.Names}}",
    "{unknown_name}",
    "{_branch}",
    "{1,2}",
    "{constructor}",
  ])("leaves %s as it is", (item) => {
    expect(substitute([item], values)).toEqual([item]);
  });

  test("leaves a name without a value as it is", () => {
    expect(substitute(["rm", "-r", "{worktree}/build"], {})).toEqual(["rm", "-r", "{worktree}/build"]);
  });

  test("does not look into what it has put in", () => {
    expect(substitute(["{task_slug} {branch}"], { task_slug: "{branch}", branch: "$& $1 {task_slug}" })).toEqual([
      "{branch} $& $1 {task_slug}",
    ]);
  });

  test("keeps text without braces, and the number of items", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), fc.string(), (argv, value) => {
        const result = substitute(argv, { branch: value });
        expect(result).toHaveLength(argv.length);
        for (const [index, item] of argv.entries()) if (!item.includes("{")) expect(result[index]).toBe(item);
      }),
    );
  });
});

test("the names in an item are found, known or not", () => {
  expect(findPlaceholders("{branch} {brunch} {} ${x} {{y}} {Z}")).toEqual(["branch", "brunch"]);
});

test("names inherited by objects are no placeholders", () => {
  expect(["toString", "__proto__", "constructor"].filter(isPlaceholder)).toEqual([]);
  expect(placeholders.every(isPlaceholder)).toBe(true);
});
