import { nearest } from "@orchastration/protocol";
import type { z } from "zod";
import { findValue, type KeyPath } from "./key-path.ts";
import type { Mistake } from "./problem.ts";
import { quote } from "./quote.ts";
import { keysAt } from "./schema-keys.ts";
import { isSecret } from "./secret.ts";
import { isTable, type TomlTable, type TomlValue } from "./toml-value.ts";

/** What a person needs to know about the places where `table` does not fit the schema. */
export function explainIssues(issues: readonly z.core.$ZodIssue[], table: TomlTable): Mistake[] {
  return issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== "symbol");
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => explainUnknownKey(path, key));
    return [explainValue(issue, path, findValue(table, path))];
  });
}

function explainUnknownKey(path: KeyPath, key: string): Mistake {
  return { path: [...path, key], message: "unknown key", suggestion: nearest(key, keysAt(path), 1)[0] };
}

function explainValue(issue: z.core.$ZodIssue, path: KeyPath, value: TomlValue | undefined): Mistake {
  // An invalid name of a table's entry: the rule about names stands one level deeper.
  const expected = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? "another name") : issue.message;
  if (value === undefined) return { path, message: `missing; expected ${expected}`, expected };
  const got = isSecret(path) ? typeOf(value) : describe(value);
  const words = issue.code === "invalid_value" && typeof value === "string" ? issue.values.map(String) : [];
  const suggestion = typeof value === "string" ? nearest(value, words, 1)[0] : undefined;
  return { path, message: `expected ${expected}, got ${got}`, expected, got, suggestion };
}

function describe(value: TomlValue): string {
  switch (typeof value) {
    case "string":
      return `the string ${quote(value)}`;
    case "number":
    case "boolean":
      return String(value);
    default:
      return typeOf(value);
  }
}

function typeOf(value: TomlValue): string {
  if (value instanceof Date) return "a date";
  if (typeof value === "bigint") return "an integer beyond 2^53";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return isTable(value) ? "a table" : `a ${typeof value}`;
}
