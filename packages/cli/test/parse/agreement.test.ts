import fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "../../src/command-error.ts";
import type { CommandSpec, OptionSpec, OptionSpecs } from "../../src/command-spec.ts";
import { commandTable } from "../../src/commands/index.ts";
import { globalOptions } from "../../src/global-options.ts";
import { readCommandLine } from "../../src/parse/fast-path.ts";
import type { Invocation } from "../../src/parse/interpret.ts";
import { parseWithYargs } from "../../src/parse/yargs.ts";

/** No lone dash: yargs takes it for no value, the fast path does (`--message -`), and no line of the complete parser needs one. */
const word = fc.oneof(
  fc.constantFrom("sample", "a b", "7k3m", "x=y", "./file", "sha256", "gnu", "bash", "é🎼", "5", "-5", "1e3", "2.5"),
  fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "=", " ", "1"), minLength: 1, maxLength: 6 }),
);

function optionWords(name: string, option: OptionSpec): fc.Arbitrary<readonly string[]> {
  const names = [`--${name}`, ...(option.short === undefined ? [] : [`-${option.short}`])];
  if (option.type === "boolean") return fc.constantFrom(...names, `--no-${name}`).map((name) => [name]);
  const values =
    option.type === "list" && option.isGreedy ? fc.array(word, { minLength: 1, maxLength: 3 }) : fc.tuple(word);
  return fc.oneof(
    fc.tuple(fc.constantFrom(...names), values).map(([name, values]) => [name, ...values]),
    word.map((value) => [`--${name}=${value}`]),
  );
}

const HELP_AND_VERSION = new Set(["help", "version"]);

function someOptions(options: OptionSpecs): fc.Arbitrary<readonly (readonly string[])[]> {
  const each = Object.entries(options)
    .filter(([name]) => !HELP_AND_VERSION.has(name))
    .map(([name, option]) => optionWords(name, option));
  return each.length === 0 ? fc.constant([]) : fc.array(fc.oneof(...each), { maxLength: 4 });
}

/** Command lines that a person might write, right and wrong ones: also too few or too many words, numbers that are none, unknown options. */
function lineOf(spec: CommandSpec): fc.Arbitrary<readonly string[]> {
  const behind = fc.tuple(
    someOptions({ ...spec.options, ...globalOptions }),
    fc.array(
      word.map((word) => [word]),
      { maxLength: 3 },
    ),
    fc.option(fc.constantFrom(["--nonsense"], ["--no-nonsense"], ["--jsn"]), { freq: 6, nil: [] }),
  );
  return fc
    .tuple(
      someOptions(globalOptions),
      behind.chain(([options, words, unknown]) => {
        const parts = [...options, ...words, unknown];
        return fc.shuffledSubarray(parts, { minLength: parts.length });
      }),
      fc.option(fc.array(fc.oneof(word, fc.constantFrom("--json", "-x", "--")), { maxLength: 3 })),
    )
    .map(([before, parts, rest]) => [
      ...before.flat(),
      ...spec.name.split(" "),
      ...parts.flat(),
      ...(rest === null ? [] : ["--", ...rest]),
    ]);
}

type Outcome = { readonly name: string; readonly globals: unknown; readonly args: unknown } | "refused";

async function outcomeOf(read: () => Promise<Invocation> | Invocation): Promise<Outcome> {
  try {
    const { command, globals, args } = await read();
    return { name: command.name, globals, args };
  } catch (error) {
    if (error instanceof UsageError) return "refused";
    throw error;
  }
}

function readFast(words: readonly string[]): Invocation {
  const reading = readCommandLine(commandTable, words);
  if (reading.type !== "invocation") throw new Error(`read as ${reading.type}`);
  return reading.invocation;
}

test("both readers of the command table understand every command line in the same way", async () => {
  const line = fc.constantFrom(...commandTable.commands).chain(lineOf);
  await fc.assert(
    fc.asyncProperty(line, async (words) => {
      const fast = await outcomeOf(() => readFast(words));
      const complete = await outcomeOf(() => parseWithYargs(commandTable, words));
      expect(fast).toEqual(complete);
    }),
    { numRuns: 400 },
  );
});
