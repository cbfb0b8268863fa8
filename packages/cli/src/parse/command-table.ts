import type { CommandGroup, CommandSpec, CommandTable } from "../command-spec.ts";

/** Where some words of a command line lead in the table. */
export type Place =
  | { readonly type: "command"; readonly command: CommandSpec }
  | { readonly type: "group"; readonly group: CommandGroup }
  | { readonly type: "nowhere" };

export function findPlace(table: CommandTable, path: readonly string[]): Place {
  const name = path.join(" ");
  const command = table.commands.find((command) => command.name === name);
  if (command !== undefined) return { type: "command", command };
  const group = table.groups.find((group) => group.name === name);
  return group === undefined ? { type: "nowhere" } : { type: "group", group };
}

/** The words that may follow: names of commands and groups, or of a group's commands. */
export function nextWords(table: CommandTable, path: readonly string[]): readonly string[] {
  const names = table.commands.map((command) => command.name.split(" "));
  const following = names.filter((words) => path.every((word, index) => words[index] === word));
  return [...new Set(following.flatMap((words) => words.slice(path.length, path.length + 1)))];
}

/** `run [job] [options] [-- args...]` */
export function usageOf(spec: CommandSpec): string {
  const positionals = (spec.positionals ?? []).map(({ name, isRequired, isVariadic }) => {
    const word = isVariadic ? `${name}...` : name;
    return isRequired ? `<${word}>` : `[${word}]`;
  });
  const options = Object.keys(spec.options ?? {}).length === 0 ? [] : ["[options]"];
  const rest = spec.rest === undefined ? [] : [`[-- ${spec.rest.name}...]`];
  return [spec.name, ...positionals, ...options, ...rest].join(" ");
}
