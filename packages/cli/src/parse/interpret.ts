import { nearest } from "@orchastration/protocol";
import { UsageError } from "../command-error.ts";
import {
  type CommandSpec,
  camelCase,
  type OptionSpec,
  type OptionSpecs,
  type ParsedArgs,
  type PositionalSpec,
} from "../command-spec.ts";
import { type Globals, globalOptions } from "../global-options.ts";
import { usageOf } from "./command-table.ts";

/** A command line taken apart into words, before anything is known to be right. Options by their long names. */
export interface RawCommandLine {
  readonly options: ReadonlyMap<string, boolean | string | readonly string[]>;
  readonly positionals: readonly string[];
  /** Words after `--`; undefined when there was none. */
  readonly rest: readonly string[] | undefined;
}

export interface Invocation {
  readonly command: CommandSpec;
  readonly globals: Globals;
  readonly args: ParsedArgs;
}

/**
 * Checks the words against the table and gives them their types.
 * @throws {UsageError}
 */
export function interpret(spec: CommandSpec, raw: RawCommandLine): Invocation {
  const known: OptionSpecs = { ...spec.options, ...globalOptions };
  for (const name of raw.options.keys()) {
    if (!Object.hasOwn(known, name)) throw unknownOption(`--${name}`, known, spec);
  }
  const extra = spec.rest === undefined ? (raw.rest ?? []) : [];
  return {
    command: spec,
    globals: optionValues(globalOptions, raw, spec) as unknown as Globals,
    args: {
      ...optionValues(spec.options ?? {}, raw, spec),
      ...positionalValues(spec, [...raw.positionals, ...extra]),
      ...(spec.rest === undefined ? {} : { rest: raw.rest ?? [] }),
    },
  };
}

export function unknownOption(word: string, known: OptionSpecs, spec?: CommandSpec): UsageError {
  const spellings = Object.entries(known).map(([name, option]) => `--${spellingOf(name, option)}`);
  const [near] = nearest(word, spellings, 1);
  const suggestion = near === undefined ? "" : `Did you mean ${near}? `;
  return new UsageError(`There is no option ${word}.`, suggestion + seeHelp(spec));
}

export function missingValue(
  name: string,
  option: Exclude<OptionSpec, { type: "boolean" }>,
  spec?: CommandSpec,
): UsageError {
  return new UsageError(`--${name} needs a value.`, `Write --${name} <${option.valueName}>. ${seeHelp(spec)}`);
}

/** How an option is written by someone who wants to change its default. */
export function spellingOf(name: string, option: OptionSpec): string {
  return option.type === "boolean" && option.default === true ? `no-${name}` : name;
}

function optionValues(options: OptionSpecs, raw: RawCommandLine, spec: CommandSpec): ParsedArgs {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      camelCase(name),
      optionValue(name, option, raw.options.get(name), spec),
    ]),
  );
}

function optionValue(
  name: string,
  option: OptionSpec,
  given: boolean | string | readonly string[] | undefined,
  spec: CommandSpec,
): unknown {
  if (option.type === "boolean") {
    if (given !== undefined && typeof given !== "boolean")
      throw new UsageError(`--${name} takes no value.`, seeHelp(spec));
    return given ?? option.default ?? false;
  }
  if (option.type === "list") {
    if (given === undefined) return [];
    const values = typeof given === "object" ? given : [given];
    const texts = values.filter((value) => typeof value === "string");
    if (texts.length === 0) throw missingValue(name, option, spec);
    return texts;
  }
  if (given === undefined) return option.type === "number" ? option.default : undefined;
  const text = typeof given === "object" ? given.at(-1) : given;
  if (typeof text !== "string" || text === "") throw missingValue(name, option, spec);
  return option.type === "number" ? numberValue(name, option, text) : choiceValue(`--${name}`, option.choices, text);
}

function numberValue(name: string, option: Extract<OptionSpec, { type: "number" }>, text: string): number {
  const value = Number(text);
  const { min = 0, isInteger = false } = option;
  if (
    /^[-+.\deE]+$/.test(text) &&
    Number.isFinite(value) &&
    value >= min &&
    (!isInteger || Number.isSafeInteger(value))
  ) {
    return value;
  }
  const expected = `${isInteger ? "a whole number" : "a number"} of at least ${min}`;
  throw new UsageError(`--${name} got "${text}".`, `It takes ${expected}.`);
}

function choiceValue(what: string, choices: readonly string[] | undefined, text: string): string {
  if (choices === undefined || choices.includes(text)) return text;
  const [near] = nearest(text, choices, 1);
  throw new UsageError(
    `${what} got "${text}".`,
    near === undefined
      ? `It takes one of ${choices.join(", ")}.`
      : `Did you mean ${near}? It takes one of ${choices.join(", ")}.`,
  );
}

function positionalValues(spec: CommandSpec, words: readonly string[]): ParsedArgs {
  const positionals = spec.positionals ?? [];
  const isOpen = positionals.at(-1)?.isVariadic === true;
  const surplus = isOpen ? undefined : words[positionals.length];
  if (surplus !== undefined) {
    throw new UsageError(`"${surplus}" is one argument too many.`, `Usage: \`orchastration ${usageOf(spec)}\``);
  }
  return Object.fromEntries(
    positionals.map((positional, index) => [
      camelCase(positional.name),
      positionalValue(spec, positional, words.slice(index)),
    ]),
  );
}

function positionalValue(spec: CommandSpec, positional: PositionalSpec, words: readonly string[]): unknown {
  const [first] = words;
  if (positional.isRequired && first === undefined) {
    throw new UsageError(`<${positional.name}> is missing.`, `Usage: \`orchastration ${usageOf(spec)}\``);
  }
  if (positional.isVariadic) return words;
  return first === undefined ? undefined : choiceValue(`<${positional.name}>`, positional.choices, first);
}

function seeHelp(spec: CommandSpec | undefined): string {
  return spec === undefined ? "See `orchastration --help`." : `See \`orchastration ${spec.name} --help\`.`;
}
