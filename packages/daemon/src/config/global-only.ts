import { findValue, type KeyPath } from "./key-path.ts";
import type { Mistake } from "./problem.ts";
import { isTable, type TomlTable, type TomlValue } from "./toml-value.ts";

/**
 * Keys that a repository has no say in: which programs act for the person (agents, notifications), what they get of the
 * environment, where state, sockets and processes live, how much of the machine is used, and what the person's own keys mean.
 */
const globalOnly: readonly KeyPath[] = [
  ["agents"],
  ["attach"],
  ["confirm"],
  ["daemon"],
  ["database"],
  ["journal"],
  ["limits"],
  ["logging"],
  ["notify", "command"],
  ["supervisor"],
];

/** A project file without the keys that count only in the global file; each is a warning. */
export function dropGlobalOnly(table: TomlTable): { readonly table: TomlTable; readonly ignored: Mistake[] } {
  const present = globalOnly.filter((path) => findValue(table, path) !== undefined);
  return {
    table: present.reduce(without, table),
    ignored: present.map((path) => ({
      severity: "warning",
      path,
      message: "ignored in a project file; it counts only in the global configuration file",
    })),
  };
}

function without(table: TomlTable, [key, ...rest]: KeyPath): TomlTable {
  return Object.fromEntries(
    Object.entries(table).flatMap(([name, value]): [string, TomlValue][] => {
      if (name !== key) return [[name, value]];
      return rest.length > 0 && isTable(value) ? [[name, without(value, rest)]] : [];
    }),
  );
}
