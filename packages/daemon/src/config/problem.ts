import { formatKey, type KeyPath } from "./key-path.ts";
import { printable } from "./quote.ts";

/** One mistake in the configuration, in the form in which it also crosses the wire. No text of it holds an environment value. */
export interface ConfigProblem {
  readonly severity: "error" | "warning";
  /** Path of the file; for a value from the environment or the command line, the variable or `flags`. */
  readonly file: string;
  /** From 1; null where no line can be named, as for a file that cannot be read. */
  readonly line: number | null;
  /** From 1, in UTF-16 code units. */
  readonly column: number | null;
  /** Dotted key, as in `jobs.build.command`. */
  readonly key: string | null;
  /** What is wrong, without place, key and suggestion. */
  readonly message: string;
  readonly expected: string | null;
  readonly got: string | null;
  /** What was probably meant. */
  readonly suggestion: string | null;
}

/** A mistake before its place in a file is known. */
export interface Mistake {
  readonly path: KeyPath;
  readonly message: string;
  readonly severity?: "error" | "warning";
  readonly expected?: string | undefined;
  readonly got?: string | undefined;
  readonly suggestion?: string | undefined;
}

export interface Place {
  readonly line: number;
  readonly column: number;
}

export function toProblem(mistake: Mistake, file: string, place: Place | null): ConfigProblem {
  return {
    severity: mistake.severity ?? "error",
    file,
    line: place?.line ?? null,
    column: place?.column ?? null,
    key: mistake.path.length === 0 ? null : formatKey(mistake.path),
    message: mistake.message,
    expected: mistake.expected ?? null,
    got: mistake.got ?? null,
    suggestion: mistake.suggestion ?? null,
  };
}

export function isError(problem: ConfigProblem): boolean {
  return problem.severity === "error";
}

/**
 * One line for people: `~/x/config.toml:12: jobs.build.comand: unknown key; did you mean "command"?`
 * @param home a directory to abbreviate to `~`
 */
export function formatProblem(problem: ConfigProblem, home?: string): string {
  const isBelowHome =
    home !== undefined && /^[/\\]/.test(problem.file.slice(home.length)) && problem.file.startsWith(home);
  const file = printable(isBelowHome ? `~${problem.file.slice(home.length)}` : problem.file);
  const line = problem.line === null ? "" : `:${problem.line}`;
  const key = problem.key === null ? "" : `${problem.key}: `;
  const suggestion = problem.suggestion === null ? "" : `; did you mean ${JSON.stringify(problem.suggestion)}?`;
  return `${file}${line}: ${key}${problem.message}${suggestion}`;
}

/** The configuration cannot be used: exit code 78. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => formatProblem(problem)).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}
