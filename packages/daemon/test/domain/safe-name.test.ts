import { mkdir, mkdtempDisposable, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix, win32 } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findNameFault, foldName } from "../../src/domain/safe-name.ts";

describe("a safe name", () => {
  test.each([
    "sample",
    "sample_task",
    "build-web",
    "Übung",
    "日本",
    "🚀",
    "a.b",
    "two words",
    "v1.2",
    "command",
    "nul-bytes",
  ])("%s is one", (name) => {
    expect(findNameFault(name)).toBeUndefined();
  });

  test.each([
    "",
    ".",
    "..",
    "../../x",
    "a/b",
    "a\\b",
    "C:\\x",
    "C:",
    "a\0b",
    "a\nb",
    "a\u001bb",
    "a\u009bb",
    "con",
    "CON",
    "nul.txt",
    "com1",
    "LPT9",
    "conin$",
    "x".repeat(300),
    "é".repeat(150),
    "a\u202eb",
    "a\u200bb",
    "\ufeffa",
    "-rf",
    ".git",
    "git~1",
    "trailing.",
    "trailing ",
    " leading",
    "a\ud800",
    'quo"te',
    "a|b",
    "what?",
    "*",
  ])("%j is none", (name) => {
    expect(findNameFault(name)).toBeTypeOf("string");
  });

  test("is one component of a path on every platform", () => {
    const name = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.string({
        unit: fc.constantFrom("a", ".", "/", "\\", ":", "-", "~", "1", " ", "\0", "\u202e", "c", "o", "n"),
        maxLength: 8,
      }),
    );
    fc.assert(
      fc.property(name, (candidate) => {
        fc.pre(findNameFault(candidate) === undefined);
        for (const path of [posix, win32]) {
          expect(path.basename(candidate)).toBe(candidate);
          expect(path.dirname(path.join("/root", candidate))).toBe(path.normalize("/root"));
          expect(path.relative("/root", path.resolve("/root", candidate))).toBe(candidate);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("names a folder with a record in it", async () => {
    await using root = await mkdtempDisposable(join(tmpdir(), "names-"));
    const names = fc.sample(fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }), 200);
    const safe = new Map(
      names.filter((name) => findNameFault(name) === undefined).map((name) => [foldName(name), name]),
    );
    for (const name of safe.values()) await mkdir(join(root.path, name));
    expect((await readdir(root.path)).toSorted()).toEqual([...safe.values()].toSorted());
  });
});

describe("names that are one file somewhere", () => {
  test.each([
    ["Build", "build"],
    ["BUILD", "build"],
    ["é", "e\u0301"],
    ["ÉCOLE", "e\u0301cole"],
    ["Straße", "STRASSE"],
    ["Straße", "STRAẞE"],
  ])("%s and %s fold to the same", (a, b) => {
    expect(foldName(a)).toBe(foldName(b));
  });

  test("other names do not", () => {
    expect(foldName("build")).not.toBe(foldName("built"));
  });

  test("folding a character twice changes nothing more, whichever it is", () => {
    const characters = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code));
    expect(characters.filter((character) => foldName(foldName(character)) !== foldName(character))).toEqual([]);
  });

  test("folding twice changes nothing more", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (name) => foldName(foldName(name)) === foldName(name)));
  });
});
