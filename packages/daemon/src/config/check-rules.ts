import { nearest } from "@orchastration/protocol";
import { findPlaceholders, isPlaceholder, placeholders } from "../domain/placeholders.ts";
import { findNameFault, foldName } from "../domain/safe-name.ts";
import { findValue, type KeyPath } from "./key-path.ts";
import type { Mistake } from "./problem.ts";
import { quote } from "./quote.ts";
import { isList, isTable, type TomlTable, type TomlValue } from "./toml-value.ts";

/** Records of `run -- argv` stand under this name. */
const reservedRunName = "adhoc";

/** The rules that look at more than one value, on a table that need not fit the schema: all mistakes are reported together. */
export function checkRules(table: TomlTable): Mistake[] {
  return [
    ...[["jobs"], ["tasks"], ["agents"], ["orchestrations"], ["limits", "groups"]].flatMap((path) =>
      checkNames(table, path),
    ),
    ...checkRunNames(table),
    ...checkGroupNames(table),
    ...checkOrchestrations(table),
    ...checkPlaceholders(table),
  ];
}

function checkNames(table: TomlTable, path: KeyPath): Mistake[] {
  const names = entriesAt(table, path).map(([name]) => name);
  const faults = names.flatMap((name) => {
    const fault = findNameFault(name);
    return fault === undefined ? [] : [{ path: [...path, name], message: `no safe file name: ${fault}` }];
  });
  const firstNames = new Map<string, string>();
  const twins = names.flatMap((name) => {
    const twin = firstNames.get(foldName(name));
    if (twin === undefined) firstNames.set(foldName(name), name);
    return twin === undefined
      ? []
      : [{ path: [...path, name], message: `the same file as ${quote(twin)} where letter case does not count` }];
  });
  return [...faults, ...twins];
}

/** Jobs and tasks record their runs side by side under `runs/<name>`. */
function checkRunNames(table: TomlTable): Mistake[] {
  const jobNames = new Set(entriesAt(table, ["jobs"]).map(([name]) => foldName(name)));
  return ["jobs", "tasks"].flatMap((section) =>
    entriesAt(table, [section]).flatMap(([name]) => {
      const path = [section, name];
      const folded = foldName(name);
      if (folded === reservedRunName) {
        return [{ path, message: `reserved for the records of "run -- argv"; choose another name` }];
      }
      return section === "tasks" && jobNames.has(folded)
        ? [{ path, message: "a job has this name, and both record their runs under it; rename one" }]
        : [];
    }),
  );
}

function checkGroupNames(table: TomlTable): Mistake[] {
  return ["jobs", "agents"].flatMap((section) =>
    entriesAt(table, [section]).flatMap(([name]) => {
      const path = [section, name, "group"];
      const group = findValue(table, path);
      const fault = typeof group === "string" ? findNameFault(group) : undefined;
      return fault === undefined ? [] : [{ path, message: `no name of a group: ${fault}` }];
    }),
  );
}

function checkOrchestrations(table: TomlTable): Mistake[] {
  return entriesAt(table, ["orchestrations"]).flatMap(([name, entry]) => {
    if (!isTable(entry) || "agents" in entry !== "steps" in entry) return [];
    const got = "agents" in entry ? "both" : "neither";
    const expected = 'either "agents" (one after the other) or "steps" (lists of agents that work side by side)';
    return [{ path: ["orchestrations", name], message: `expected ${expected}, got ${got}`, expected, got }];
  });
}

function checkPlaceholders(table: TomlTable): Mistake[] {
  const inCommands = (section: string, key: string, severity: "error" | "warning") =>
    entriesAt(table, [section]).flatMap(([name]) => checkArgv(table, [section, name, key], severity));
  return [
    ...inCommands("agents", "command", "error"),
    ...inCommands("agents", "resume", "error"),
    ...checkArgv(table, ["worktrees", "setup"], "error"),
    ...inCommands("jobs", "command", "warning"),
    ...inCommands("tasks", "command", "warning"),
  ];
}

/**
 * Agents and set-up are commands made for us: an unknown placeholder in them is a mistake. In the argv of jobs and tasks
 * `{print}` may be a word of awk: only what looks like a misspelt placeholder is mentioned, and it stays as it is.
 */
function checkArgv(table: TomlTable, path: KeyPath, severity: "error" | "warning"): Mistake[] {
  const argv = findValue(table, path);
  if (!isList(argv)) return [];
  return argv.flatMap((item, index) => {
    if (typeof item !== "string") return [];
    return findPlaceholders(item).flatMap((name) => {
      const suggestion = nearest(name, placeholders, 1)[0];
      if (isPlaceholder(name) || (severity === "warning" && suggestion === undefined)) return [];
      const message = `unknown placeholder {${name}}${severity === "warning" ? ", passed on as it is" : ""}`;
      const expected = `one of ${placeholders.map((known) => `{${known}}`).join(", ")}`;
      return [{ severity, path: [...path, index], message, expected, got: `{${name}}`, suggestion }];
    });
  });
}

function entriesAt(table: TomlTable, path: KeyPath): [name: string, value: TomlValue][] {
  const entries = findValue(table, path);
  return isTable(entries) ? Object.entries(entries) : [];
}
