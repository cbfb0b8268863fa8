import type { CommandTable, OptionSpec, OptionSpecs, PositionalSpec } from "../command-spec.ts";
import { globalOptions } from "../global-options.ts";
import { findPlace, nextWords } from "./command-table.ts";
import { findOption, isOption, readLead } from "./fast-path.ts";
import { spellingOf } from "./interpret.ts";

export interface Candidates {
  /** Words of the table that fit what is typed. */
  readonly words: readonly string[];
  /** What else could stand here, known to the daemon alone. */
  readonly names: PositionalSpec["completes"];
}

const NONE: Candidates = { words: [], names: undefined };

/** What could stand in place of the last word, which is being typed. */
export function findCandidates(table: CommandTable, words: readonly string[]): Candidates {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  if (before.includes("--")) return NONE;
  const lead = readLead(table, before);
  const place = findPlace(table, lead.path);
  const command = place.type === "command" ? place.command : undefined;
  const options: OptionSpecs = { ...command?.options, ...globalOptions };
  const fitting = (candidates: readonly string[]): Candidates => ({
    words: candidates.filter((word) => word.startsWith(typed)),
    names: undefined,
  });

  const awaiting = findOption(options, before.at(-1) ?? "")?.spec;
  if (awaiting !== undefined && awaiting.type !== "boolean") return fitting(choicesOf(awaiting));
  if (typed.startsWith("-"))
    return fitting(Object.entries(options).map(([name, option]) => `--${spellingOf(name, option)}`));
  if (command === undefined) return fitting(lead.next === undefined ? nextWords(table, lead.path) : []);

  const index = before.filter((word) => !isOption(word)).length - lead.path.length;
  const positional = command.positionals?.[index];
  return { words: fitting(positional?.choices ?? []).words, names: positional?.completes };
}

function choicesOf(option: OptionSpec): readonly string[] {
  return option.type === "string" ? (option.choices ?? []) : [];
}
