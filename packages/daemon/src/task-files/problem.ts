import { toPlainText } from "@orchastration/protocol";

type ProblemKind =
  /** Nothing is there. */
  | "absent"
  /** A directory, a link, a device. */
  | "not-a-file"
  | "unreadable"
  | "too-large"
  /** Bytes that are no text: NUL, or a header that is not UTF-8. */
  | "not-text"
  | "no-header"
  | "syntax"
  | "duplicate-key"
  | "wrong-type"
  | "misspelt-key"
  | "missing-key"
  /** A file in the folder of tasks that is not called `{id}-{slug}.md`. */
  | "bad-name"
  | "duplicate-id"
  /** A key could not be changed without touching others. */
  | "not-changeable";

/** One mistake in a task file. An error makes the file unusable until it is mended; a warning does not. */
export interface TaskFileProblem {
  readonly kind: ProblemKind;
  readonly severity: "error" | "warning";
  /** Path of the file. */
  readonly file: string;
  /** From 1; null where no line can be named. */
  readonly line: number | null;
  readonly key: string | null;
  /** What is wrong, without place, key and suggestion. */
  readonly message: string;
  readonly expected: string | null;
  /** What was probably meant. */
  readonly suggestion: string | null;
}

/** A mistake before its file is known. */
export interface Mistake extends Pick<TaskFileProblem, "kind" | "message"> {
  readonly severity?: "warning";
  readonly line?: number;
  readonly key?: string;
  readonly expected?: string;
  readonly suggestion?: string | undefined;
}

export function toProblem(mistake: Mistake, file: string): TaskFileProblem {
  return {
    kind: mistake.kind,
    severity: mistake.severity ?? "error",
    file,
    line: mistake.line ?? null,
    key: mistake.key ?? null,
    message: mistake.message,
    expected: mistake.expected ?? null,
    suggestion: mistake.suggestion ?? null,
  };
}

/** One line for people: `/x/tasks/1-login.md:4: stauts: unknown key; did you mean "status"?` */
export function formatTaskFileProblem(problem: TaskFileProblem): string {
  const line = problem.line === null ? "" : `:${problem.line}`;
  const key = problem.key === null ? "" : `${problem.key}: `;
  const expected = problem.expected === null ? "" : `; expected ${problem.expected}`;
  const suggestion = problem.suggestion === null ? "" : `; did you mean ${JSON.stringify(problem.suggestion)}?`;
  return toPlainText(`${problem.file}${line}: ${key}${problem.message}${expected}${suggestion}`);
}

/** A task file cannot be used or changed. It is left as it is. */
export class TaskFileError extends Error {
  readonly problems: readonly TaskFileProblem[];

  constructor(problems: readonly TaskFileProblem[]) {
    super(problems.map(formatTaskFileProblem).join("\n"));
    this.name = "TaskFileError";
    this.problems = problems;
  }
}
