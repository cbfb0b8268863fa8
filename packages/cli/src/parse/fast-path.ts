import { nearest } from "@orchastration/protocol";
import { UsageError } from "../command-error.ts";
import type { CommandSpec, CommandTable, OptionSpec, OptionSpecs } from "../command-spec.ts";
import { globalOptions } from "../global-options.ts";
import { findPlace, nextWords } from "./command-table.ts";
import { type Invocation, interpret, missingValue, type RawCommandLine, unknownOption } from "./interpret.ts";

/** What a command line asks for. `unusual`: forms left to the complete parser (`-qn5`). */
export type Reading =
  | { readonly type: "invocation"; readonly invocation: Invocation }
  | { readonly type: "help"; readonly path: readonly string[] }
  | { readonly type: "version" }
  | { readonly type: "unusual" };

/**
 * Reads the common forms of a command line without loading a library: it costs every start of every command.
 * @throws {UsageError}
 */
export function readCommandLine(table: CommandTable, words: readonly string[]): Reading {
  const asked = beforeDashes(words);
  if (asked.some(isCluster)) return { type: "unusual" };
  const lead = readLead(table, asked);
  if (words.length === 0 || asked.includes("--help") || asked.includes("-h")) return { type: "help", path: lead.path };
  if (asked.includes("--version") || asked.includes("-V")) return { type: "version" };
  const command = getCommand(table, lead);
  return { type: "invocation", invocation: interpret(command, takeApart(command, lead.path, words)) };
}

export function isOption(word: string): boolean {
  return /^-[^\d.]/.test(word);
}

/** Several short options in one word, or a short one with its value. */
function isCluster(word: string): boolean {
  return /^-[^-\d.]./.test(word);
}

function beforeDashes(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return end === -1 ? words : words.slice(0, end);
}

interface Lead {
  /** The words that name a command or group; global options may stand between them. */
  readonly path: readonly string[];
  /** The first word behind them. */
  readonly next: string | undefined;
  /** The first option before `next` that is no global one. */
  readonly foreignOption: string | undefined;
}

export function readLead(table: CommandTable, words: readonly string[]): Lead {
  const path: string[] = [];
  let foreignOption: string | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (isOption(word)) {
      const option = findOption(globalOptions, word);
      if (option === undefined) foreignOption ??= nameOf(word);
      else if (option.spec.type !== "boolean" && !word.includes("=")) index++;
    } else if (findPlace(table, [...path, word]).type === "nowhere") {
      return { path, next: word, foreignOption };
    } else {
      path.push(word);
    }
  }
  return { path, next: undefined, foreignOption };
}

function getCommand(table: CommandTable, { path, next, foreignOption }: Lead): CommandSpec {
  const place = findPlace(table, path);
  if (place.type === "command") return place.command;
  if (foreignOption !== undefined) throw unknownOption(foreignOption, globalOptions);
  const choices = nextWords(table, path);
  const named = ["orchastration", ...path].join(" ");
  if (next === undefined) {
    throw new UsageError(`${named} needs a command.`, `One of ${choices.join(", ")}. See \`${named} --help\`.`);
  }
  const [near] = nearest(next, choices, 1);
  const suggestion = near === undefined ? "" : `Did you mean \`${named} ${near}\`? `;
  throw new UsageError(`There is no command ${[...path, next].join(" ")}.`, `${suggestion}See \`${named} --help\`.`);
}

/** The option of a word that may carry its value too. */
function nameOf(word: string): string {
  return word.split("=", 1)[0] ?? word;
}

interface FoundOption {
  readonly name: string;
  readonly spec: OptionSpec;
  readonly isNegated: boolean;
}

export function findOption(known: OptionSpecs, word: string): FoundOption | undefined {
  if (!word.startsWith("--")) {
    const entry = Object.entries(known).find(([, { short }]) => short === word.slice(1));
    return entry && { name: entry[0], spec: entry[1], isNegated: false };
  }
  const name = word.slice(2).split("=", 1)[0] ?? "";
  const spec = own(known, name);
  if (spec !== undefined) return { name, spec, isNegated: false };
  const positive = name.startsWith("no-") ? own(known, name.slice(3)) : undefined;
  return positive?.type === "boolean" ? { name: name.slice(3), spec: positive, isNegated: true } : undefined;
}

function own(options: OptionSpecs, name: string): OptionSpec | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined;
}

function takeApart(spec: CommandSpec, path: readonly string[], words: readonly string[]): RawCommandLine {
  const known: OptionSpecs = { ...spec.options, ...globalOptions };
  const options = new Map<string, boolean | string | readonly string[]>();
  const bare: string[] = [];
  let index = 0;
  const takeWord = (): string | undefined => {
    const word = words[index];
    if (word === undefined || isOption(word)) return undefined;
    index++;
    return word;
  };

  while (index < words.length) {
    const word = words[index++] ?? "";
    if (word === "--") return { options, positionals: bare.slice(path.length), rest: words.slice(index) };
    if (!isOption(word)) {
      bare.push(word);
      continue;
    }
    const found = findOption(known, word);
    if (found === undefined) throw unknownOption(nameOf(word), known, spec);
    const { name, spec: option, isNegated } = found;
    const inline = word.startsWith("--") && word.includes("=") ? word.slice(word.indexOf("=") + 1) : undefined;
    if (option.type === "boolean") {
      options.set(
        name,
        inline === undefined || inline === "true" ? !isNegated : inline === "false" ? isNegated : inline,
      );
      continue;
    }
    const value = inline ?? takeWord();
    if (value === undefined) throw missingValue(name, option, spec);
    if (option.type !== "list") {
      options.set(name, value);
      continue;
    }
    const values = [...asList(options.get(name)), value];
    for (let more = option.isGreedy ? takeWord() : undefined; more !== undefined; more = takeWord()) values.push(more);
    options.set(name, values);
  }
  return { options, positionals: bare.slice(path.length), rest: undefined };
}

function asList(value: boolean | string | readonly string[] | undefined): readonly string[] {
  return typeof value === "object" ? value : [];
}
