import yargs, { type Argv, type Options } from "yargs";
import { UsageError } from "../command-error.ts";
import type { CommandSpec, CommandTable, OptionSpec, OptionSpecs, PositionalSpec } from "../command-spec.ts";
import { globalOptions } from "../global-options.ts";
import { usageOf } from "./command-table.ts";
import { type Invocation, interpret, type RawCommandLine, spellingOf } from "./interpret.ts";

/** Words stay as they were written: numbers are read, and mistakes found, by `interpret`. */
const WORDS_AS_WRITTEN = {
  "boolean-negation": true,
  "camel-case-expansion": false,
  "dot-notation": false,
  "parse-numbers": false,
  "parse-positional-numbers": false,
  "populate--": true,
  "short-option-groups": true,
  "strip-aliased": true,
};

const EXIT_CODES =
  "Exit codes: the child's own for run; 0 done, 1 failed, 2 usage, 3 not running, 69 daemon unreachable, 75 try again later, " +
  "77 not trusted, 78 bad configuration, 124 timed out, 126 not executable, 127 not found, 128+n ended by signal n.";

/**
 * Reads any command line, also in the forms that the fast path leaves alone.
 * @throws {UsageError}
 */
export async function parseWithYargs(table: CommandTable, words: readonly string[]): Promise<Invocation> {
  let found: { readonly spec: CommandSpec; readonly argv: Readonly<Record<string, unknown>> } | undefined;
  const parser = withOptions(createParser(), globalOptions, readingOf).fail(false);
  addCommands(parser, table, (spec, name) => ({
    command: name,
    builder: (own) => withOptions(own, spec.options ?? {}, readingOf),
    handler: (argv) => {
      found = { spec, argv };
    },
  }));
  try {
    await parser.parseAsync([...words]);
  } catch {
    // Words such as --constructor make it fail inside.
    throw new UsageError("The command line cannot be read.", "See `orchastration --help`.");
  }
  if (found === undefined) throw new UsageError("There is no such command.", "See `orchastration --help`.");
  return interpret(found.spec, takeApart(found.spec, found.argv));
}

/** Help for a command, for the commands of a group, or for everything, in lines of at most `width` characters. */
export async function makeHelp(table: CommandTable, path: readonly string[], width: number): Promise<string> {
  const { help, ...others } = globalOptions;
  const parser = withOptions(createParser(), others, describe)
    .usage("orchastration <command> [options]")
    .help("help", help.description)
    .alias("help", help.short)
    .wrap(width)
    .epilogue(EXIT_CODES);
  addCommands(parser, table, describeCommand);
  return await new Promise((resolve, reject) => {
    const onParsed = (error: Error | null | undefined, _argv: unknown, text: string): void => {
      if (error) reject(error);
      else resolve(text);
    };
    void parser.parse([...path, "--help"], onParsed);
  });
}

function createParser(): Argv {
  return yargs([])
    .scriptName("orchastration")
    .parserConfiguration(WORDS_AS_WRITTEN)
    .help(false)
    .version(false)
    .exitProcess(false);
}

interface YargsCommand {
  readonly command: string;
  readonly describe?: string;
  readonly builder: (own: Argv) => Argv;
  readonly handler: (argv: Readonly<Record<string, unknown>>) => void;
}

/** @param within the words before these commands, with a space behind them: groups stand in groups */
function addCommands(
  parser: Argv,
  table: CommandTable,
  translate: (spec: CommandSpec, name: string) => YargsCommand,
  within = "",
): void {
  const members = <Named extends { readonly name: string }>(all: readonly Named[]): readonly [Named, string][] =>
    all.flatMap((named): [Named, string][] => {
      const word = named.name.startsWith(within) ? named.name.slice(within.length) : " ";
      return word.includes(" ") ? [] : [[named, word]];
    });
  for (const [spec, word] of members(table.commands)) parser.command(translate(spec, word));
  for (const [group, word] of members(table.groups)) {
    const builder = (own: Argv): Argv => {
      addCommands(own, table, translate, `${group.name} `);
      return own.usage(`orchastration ${group.name} <command> [options]\n\n${group.summary}`);
    };
    parser.command({ command: word, describe: group.summary, builder, handler: () => {} });
  }
}

function describeCommand(spec: CommandSpec, name: string): YargsCommand {
  const positionals = spec.positionals ?? [];
  const rest = spec.rest === undefined ? "" : `\n\nAfter --: ${spec.rest.description}`;
  return {
    command: [name, ...positionals.map(placeOf)].join(" "),
    describe: spec.summary,
    builder: (own) => {
      for (const { name, description, choices } of positionals) {
        own.positional(name, { describe: description, ...(choices === undefined ? {} : { choices }) });
      }
      return withOptions(own, spec.options ?? {}, describe)
        .usage(`orchastration ${usageOf(spec)}\n\n${spec.summary}${rest}`)
        .epilogue(["Examples:", ...spec.examples.map(exampleOf)].join("\n"));
    },
    handler: () => {},
  };
}

/** The columns that yargs makes of examples would fold long lines into what nobody can copy. */
function exampleOf({ line, meaning }: CommandSpec["examples"][number]): string {
  return `  orchastration ${line}\n      ${meaning}`;
}

function placeOf({ name, isRequired, isVariadic }: PositionalSpec): string {
  const word = isVariadic ? `${name}..` : name;
  return isRequired ? `<${word}>` : `[${word}]`;
}

type Translate = (name: string, option: OptionSpec) => readonly [name: string, option: Options];

function withOptions(parser: Argv, options: OptionSpecs, translate: Translate): Argv {
  for (const [name, option] of Object.entries(options)) {
    const alias = option.short === undefined ? {} : { alias: option.short };
    const [shown, translated] = translate(name, option);
    parser.option(shown, { ...translated, ...alias });
  }
  return parser;
}

/** How the words of an option are read. */
function readingOf(name: string, option: OptionSpec): readonly [string, Options] {
  switch (option.type) {
    case "boolean":
      return [name, { type: "boolean" }];
    case "list":
      return [name, { type: "string", array: true, ...(option.isGreedy ? {} : { nargs: 1 }) }];
    case "number":
    case "string":
      return [name, { type: "string" }];
  }
}

/** How help shows an option. */
function describe(name: string, option: OptionSpec): readonly [string, Options] {
  const shown = spellingOf(name, option);
  if (option.type === "boolean") return [shown, { type: "boolean", describe: option.description }];
  const choices = option.type === "string" && option.choices !== undefined ? { choices: option.choices } : {};
  const byDefault = option.type === "number" && option.default !== undefined ? { default: option.default } : {};
  return [shown, { describe: `<${option.valueName}> ${option.description}`, ...choices, ...byDefault }];
}

function takeApart(spec: CommandSpec, argv: Readonly<Record<string, unknown>>): RawCommandLine {
  const { _: bare, $0: _name, "--": rest, ...options } = argv;
  return {
    options: new Map(Object.entries(options).map(([name, value]) => [name, asWritten(value)])),
    positionals: strings(bare).slice(spec.name.split(" ").length),
    rest: rest === undefined ? undefined : strings(rest),
  };
}

function asWritten(value: unknown): boolean | string | readonly string[] {
  if (typeof value === "boolean") return value;
  return Array.isArray(value) ? strings(value) : String(value);
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
