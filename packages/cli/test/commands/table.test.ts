import { documents } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import { camelCase } from "../../src/command-spec.ts";
import { commandTable } from "../../src/commands/index.ts";
import { globalOptions } from "../../src/global-options.ts";
import { readCommandLine } from "../../src/parse/fast-path.ts";

/** As a shell would split it: what stands behind a redirection is not the command's, and quotes keep blanks together. */
const words = (line: string): string[] =>
  [...line.replace(/ [<>|].*$/, "").matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ""));

test("every command has a name of its own, and a group if it has two words", () => {
  const names = commandTable.commands.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const groups = commandTable.groups.map(({ name }) => name);
  expect(names.filter((name) => name.includes(" ") && !groups.includes(name.split(" ")[0]!))).toEqual([]);
  expect(groups.filter((group) => names.includes(group))).toEqual([]);
});

describe.each(commandTable.commands)("$name", ({ name, options = {}, positionals = [], examples, json, rest }) => {
  test("gives each argument a name and a letter of its own", () => {
    const given = [
      ...Object.keys(options),
      ...positionals.map(({ name }) => name),
      ...(rest === undefined ? [] : ["rest"]),
    ];
    expect(new Set(given.map(camelCase)).size).toBe(given.length);
    expect(Object.keys(options).filter((option) => option in globalOptions)).toEqual([]);
    const letters = [...Object.values(options), ...Object.values(globalOptions)].flatMap((option) =>
      "short" in option ? [option.short] : [],
    );
    expect(new Set(letters).size).toBe(letters.length);
  });

  test("has examples that can be typed", () => {
    for (const { line } of examples) {
      expect(readCommandLine(commandTable, words(line)), line).toMatchObject({
        type: "invocation",
        invocation: { command: { name } },
      });
    }
  });

  test("prints JSON that the contract describes", () => {
    if (json !== undefined) expect(Object.keys(documents)).toContain(json.document);
  });

  test("takes required arguments before optional ones, and many only at the end", () => {
    const required = positionals.map(({ isRequired = false }) => isRequired);
    expect(required).toEqual([...required].sort((a, b) => Number(b) - Number(a)));
    expect(positionals.slice(0, -1).some(({ isVariadic }) => isVariadic)).toBe(false);
  });
});
