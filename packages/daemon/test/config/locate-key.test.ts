import { parse } from "@iarna/toml";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KeyPath } from "../../src/config/key-path.ts";
import { indexKeys } from "../../src/config/locate-key.ts";
import { renderToml, tomlDocument } from "./toml-document.ts";

const places = (text: string, ...paths: KeyPath[]) =>
  paths.map((path) => {
    const { line, column } = indexKeys(text).locate(path);
    return `${line}:${column}`;
  });

describe("the place of a key", () => {
  test("in a table is where its name begins", () => {
    const text = '[jobs.build]\ncommand = ["make"]\n  tty = true\n';
    expect(places(text, ["jobs", "build"], ["jobs", "build", "command"], ["jobs", "build", "tty"])).toEqual([
      "1:7",
      "2:1",
      "3:3",
    ]);
  });

  test("that is missing is that of the table around it", () => {
    expect(places("\n[agents.x]\nprompt = 1\n", ["agents", "x", "command"], ["jobs"])).toEqual(["2:9", "1:1"]);
  });

  test("in an inline table or a list over several lines is on its own line", () => {
    const text = 'a = [\n  1, # ] not the end\n  { b = 2, "c.d" = [\n 3 ] },\n]\n';
    expect(places(text, ["a", 0], ["a", 1, "b"], ["a", 1, "c.d"], ["a", 1, "c.d", 0])).toEqual([
      "2:3",
      "3:5",
      "3:12",
      "4:2",
    ]);
  });

  test("in an array of tables is that of its own item", () => {
    const text = "[[a]]\nx = 1\n[[a]]\nx = 2\n[a.sub]\ny = 3\n";
    expect(places(text, ["a", 0, "x"], ["a", 1], ["a", 1, "x"], ["a", 1, "sub", "y"])).toEqual([
      "2:1",
      "3:3",
      "4:1",
      "6:1",
    ]);
  });

  test("written with dots, quotes, escapes and spaces is that of its part", () => {
    const text = `a . "b\\u0063" . 'd' = 1\n[ "x.y" . z ]\nw=1`;
    expect(places(text, ["a"], ["a", "bc"], ["a", "bc", "d"], ["x.y", "z"], ["x.y", "z", "w"])).toEqual([
      "1:1",
      "1:5",
      "1:17",
      "2:11",
      "3:1",
    ]);
  });

  test("is not confused by strings that look like TOML", () => {
    const text = `a = """\n[no]\nb = 1 ""\\""" """\nc = '''\nd = 2\n'''''\ne = "# \\" [x]" # f = 1\ng = 1`;
    expect(places(text, ["a"], ["no"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"])).toEqual([
      "1:1",
      "1:1",
      "1:1",
      "4:1",
      "1:1",
      "7:1",
      "1:1",
      "8:1",
    ]);
  });

  test("is the header of its own, whatever mentioned the table before", () => {
    expect(places("[a.b]\n[a]\nx = 1", ["a"], ["a", "b"])).toEqual(["2:2", "1:4"]);
  });

  test("is right in every way of writing a document", () => {
    fc.assert(
      fc.property(tomlDocument, (document) => {
        const { text, expected } = renderToml(document);
        expect(() => parse(text)).not.toThrow();
        const index = indexKeys(text);
        for (const { path, place } of expected) expect([path, index.locate(path)]).toEqual([path, place]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("text that may be no TOML", () => {
  const token = fc.oneof(
    fc.constantFrom("[", "[[", "]", "]]", "a", "b", ".", "=", "1", '"x"', "'y'", "{", "}", ",", "\n", "# c\n", " "),
    fc.constantFrom('"""', "'''", '"', "'", "\\", "\t", "é", "1979-05-27 07:32:00"),
    fc.constantFrom("a = 1\n", "[t]\n", "b.c = [1, {d = 2}]\n", "[[u]]\n", "'e' = {f.g = 3}", "h = [\n2\n]\n"),
  );

  test("is read as far as the parser reads it, and never further than that", () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 14 }), (tokens) => {
        const text = tokens.join("");
        const index = indexKeys(text);
        for (const { offset, end } of index.statements) expect(offset).toBeLessThan(end ?? text.length + 1);
        if (!isToml(text)) return;
        expect(index.refusal).toBeNull();
        for (const path of pathsOf(parse(text), [])) {
          const { line, column } = index.locate(path);
          const key = path.findLast((part) => typeof part === "string") ?? "";
          const found = text.split("\n")[line - 1]?.slice(column - 1) ?? "";
          expect([path, found.replace(/^["']/, "").startsWith(key)]).toEqual([path, true]);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  test.each([
    ["lists in lists", `a = ${"[".repeat(100_000)}`],
    ["inline tables in inline tables", `a = ${"{a=".repeat(100_000)}`],
    ["parts of a key", `${"a.".repeat(100_000)}a = 1`],
  ])("nested beyond reason in %s is refused", (_, text) => {
    expect(indexKeys(text).refusal?.reason).toContain("nested deeper");
  });

  test.each(["[constructor]", "[a.toString]", "a = { valueOf.x = 1 }", '"__proto__" = 1', "constructor.a = 1"])(
    "%s is refused, since the parser would write into what all objects inherit",
    (text) => {
      expect(indexKeys(`x = 1\n${text}\n`).refusal?.reason).toContain("cannot be used as a key");
    },
  );

  test("of a quarter of a megabyte on one line is no burden", () => {
    expect(indexKeys(`a = "${"\\n".repeat(130_000)}"`).statements).toHaveLength(1);
    expect(indexKeys(`a = """${'"\n'.repeat(130_000)}"""`).statements).toHaveLength(1);
  });
});

function isToml(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function pathsOf(value: unknown, path: KeyPath): KeyPath[] {
  if (typeof value !== "object" || value === null || value instanceof Date || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => [[...path, key], ...pathsOf(child, [...path, key])]);
}
