import { checkRules } from "./check-rules.ts";
import { explainIssues } from "./explain-error.ts";
import { dropGlobalOnly } from "./global-only.ts";
import type { KeyPath } from "./key-path.ts";
import { parseToml } from "./parse-toml.ts";
import { type ConfigProblem, isError, type Mistake, type Place, toProblem } from "./problem.ts";
import { type FileValues, fileSchema } from "./schema.ts";
import type { TomlTable } from "./toml-value.ts";

export type FileRole = "global" | "project";

export interface ValidFile {
  readonly state: "valid";
  readonly values: FileValues;
  readonly warnings: readonly ConfigProblem[];
  locate(path: KeyPath): Place;
}
export interface InvalidFile {
  readonly state: "invalid";
  /** At least one error; warnings as well. In the order of the file. */
  readonly problems: readonly ConfigProblem[];
}

/** What the bytes of a configuration file say, or everything that is wrong with them. Reads nothing. */
export function interpretFile(file: string, role: FileRole, bytes: Uint8Array): ValidFile | InvalidFile {
  const parsed = parseToml(file, bytes);
  if (!parsed.isValid) return { state: "invalid", problems: [parsed.problem] };
  const { table, ignored } = role === "project" ? dropGlobalOnly(parsed.table) : { table: parsed.table, ignored: [] };
  const { values, mistakes } = checkTable(table);
  const problems = [...ignored, ...mistakes]
    .map((mistake) => toProblem(mistake, file, parsed.keys.locate(mistake.path)))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  if (values === undefined || problems.some(isError)) return { state: "invalid", problems };
  return { state: "valid", values, warnings: problems, locate: parsed.keys.locate };
}

/** `values` is absent when the table does not fit the schema; it may break other rules when there are mistakes. */
export function checkTable(table: TomlTable): { readonly values?: FileValues; readonly mistakes: Mistake[] } {
  const checked = fileSchema.safeParse(table);
  const mistakes = checkRules(table);
  if (checked.success) return { values: checked.data, mistakes };
  return { mistakes: [...explainIssues(checked.error.issues, table), ...mistakes] };
}
