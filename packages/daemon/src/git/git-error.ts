export type GitFailure =
  | { readonly kind: "not-found" }
  | { readonly kind: "not-started"; readonly why: string }
  | { readonly kind: "deadline"; readonly afterMs: number }
  /** Whoever asked for it asked it to end. */
  | { readonly kind: "cancelled" }
  | { readonly kind: "too-much-output"; readonly maxBytes: number }
  | { readonly kind: "exit"; readonly code: number | null; readonly stderr: string };

/** git did not do what nothing speaks against. What can be expected (a conflict, a branch that exists) is never told this way. */
export class GitError extends Error {
  readonly failure: GitFailure;
  /** The subcommand, without what it was applied to. */
  readonly command: string;

  constructor(command: string, failure: GitFailure) {
    super(`git ${command} ${describe(failure)}`);
    this.name = "GitError";
    this.command = command;
    this.failure = failure;
  }
}

function describe(failure: GitFailure): string {
  switch (failure.kind) {
    case "not-found":
      return "could not be started: there is no git on the PATH. Install git 2.38 or newer.";
    case "not-started":
      return `could not be started: ${failure.why}`;
    case "deadline":
      return `was ended: it took longer than ${failure.afterMs / 1000} s. Look whether the file system answers and no other program holds the repository.`;
    case "cancelled":
      return "was ended: it was not wanted any more";
    case "too-much-output":
      return `was ended: it printed more than ${failure.maxBytes} bytes`;
    case "exit":
      return `failed (${failure.code === null ? "ended by a signal" : `exit ${failure.code}`}): ${lastLines(failure.stderr)}`;
  }
}

/** git says the reason last, after hints and progress. Control characters are the repository's (names of files), and are not for terminals. */
export function lastLines(stderr: string): string {
  const lines = stderr
    .replaceAll(/[^\P{C}\n]/gu, "?")
    .trim()
    .split("\n")
    .slice(-5);
  return lines.join("\n").slice(0, 1000) || "it gave no reason";
}
