import {
  createSchemaCollection,
  type DocumentName,
  documents,
  type JsonSchema,
} from "@orchastration/protocol/contract";
import type { CommandSpec, OptionSpec, OptionSpecs, PositionalSpec } from "../../packages/cli/src/command-spec.ts";
import { commandTable } from "../../packages/cli/src/commands/index.ts";
import { globalOptions } from "../../packages/cli/src/global-options.ts";
import { usageOf } from "../../packages/cli/src/parse/command-table.ts";
import { spellingOf } from "../../packages/cli/src/parse/interpret.ts";
import { blocks, code, fence, GENERATED, linkTo, table } from "./markdown.ts";
import { alternativesOf, membersOf, membersText } from "./schema-text.ts";

const INTRODUCTION = `# Command line

\`orchastration\`, or \`orch\` for short. Results go to stdout and messages to stderr; tables are drawn on a terminal only. A command that needs the daemon
starts it. With \`--json\` a command prints the JSON described [below](#json), and nothing else; when it fails, that is an ${linkTo("error", code("error"))}.
\`NO_COLOR\` and \`FORCE_COLOR\` are obeyed.`;

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ["0", "done"],
  ["the child's own", "`run`: the code with which the command ended"],
  ["1", "the operation failed"],
  ["2", "the command line was not understood"],
  ["3", "`daemon status`: not running"],
  ["69", "the daemon cannot be reached or started"],
  ["75", "a lock, a limit or something else in the way for a moment: try again"],
  ["77", "the repository's configuration is not trusted"],
  ["78", "the configuration has mistakes"],
  ["124", "the run took longer than its timeout"],
  ["126", "the program cannot be executed"],
  ["127", "the program was not found"],
  ["128 + n", "ended by signal n"],
];

export function cliDocument(): string {
  const { commands } = commandTable;
  return blocks(
    GENERATED,
    INTRODUCTION,
    "## Commands",
    table(
      ["command", "does"],
      commands.map(({ name, summary }) => [linkTo(headingOf(name), code(name)), summary]),
    ),
    ...commands.map(commandSection),
    "## Options of every command",
    optionTable(globalOptions),
    "## Exit codes",
    table(["code", "means"], EXIT_CODES),
    "## JSON",
    "One document per command, or one per line where it says so. Times are RFC 3339.",
    ...jsonSections(commands),
  );
}

const headingOf = (command: string): string => `orchastration ${command}`;

function commandSection(spec: CommandSpec): string {
  return blocks(
    `### ${headingOf(spec.name)}`,
    `${spec.summary}.`,
    fence("sh", `orchastration ${usageOf(spec)}`),
    table(["argument", "meaning"], argumentRows(spec)),
    optionTable(spec.options ?? {}),
    jsonText(spec),
    fence("sh", spec.examples.map(({ line, meaning }) => `# ${meaning}\norchastration ${line}`).join("\n")),
  );
}

function argumentRows({ positionals = [], rest }: CommandSpec): string[][] {
  const rows = positionals.map((positional) => [code(positional.name), argumentText(positional)]);
  return rest === undefined ? rows : [...rows, [code(`-- ${rest.name}...`), rest.description]];
}

function argumentText({ description, choices }: PositionalSpec): string {
  return choices === undefined ? description : `${description}: ${choices.map(code).join(", ")}`;
}

function optionTable(options: OptionSpecs): string {
  return table(
    ["option", "meaning"],
    Object.entries(options).map(([name, option]) => [optionText(name, option), meaningOf(option)]),
  );
}

function optionText(name: string, option: OptionSpec): string {
  const long = `--${spellingOf(name, option)}${"valueName" in option ? ` <${option.valueName}>` : ""}`;
  return option.short === undefined ? code(long) : `${code(long)}, ${code(`-${option.short}`)}`;
}

function meaningOf(option: OptionSpec): string {
  const choices = "choices" in option && option.choices !== undefined ? `: ${option.choices.map(code).join(", ")}` : "";
  const standard = option.type === "number" && option.default !== undefined ? ` (${option.default})` : "";
  const repeatable = option.type === "list" ? "; may be given several times" : "";
  return `${option.description}${choices}${standard}${repeatable}`;
}

function jsonText({ json }: CommandSpec): string {
  if (json === undefined) return "";
  const link = (name: DocumentName): string => linkTo(name, code(name));
  const ofOne = json.ofOne === undefined ? "" : `; of one thing that is named: ${link(json.ofOne)}`;
  return `With \`--json\`: ${link(json.document)}${json.isPerLine ? ", one per line" : ""}${ofOne}.`;
}

/** The documents that commands print, and the one that any of them prints when it fails. Records stand in several, and so by their name. */
function jsonSections(commands: readonly CommandSpec[]): string[] {
  const names = new Set<DocumentName>([
    "error",
    ...commands.flatMap(({ json }) => [json?.document ?? [], json?.ofOne ?? []].flat()),
  ]);
  const schemas = createSchemaCollection({ jobRecord: documents.jobRecord });
  return [...names].map((name) => {
    const schema = schemas.convert(documents[name]);
    return blocks(`### ${name}`, documentText(schemas.named()[name] ?? schema));
  });
}

function documentText(schema: JsonSchema): string {
  const alternatives = alternativesOf(schema);
  if (alternatives !== undefined)
    return table(
      ["one of"],
      alternatives.map((one) => [membersText(one)]),
    );
  const rows = membersOf(schema).map(({ path, type, description }) => [code(path), type, description]);
  return table(["name", "type", "meaning"], rows);
}
