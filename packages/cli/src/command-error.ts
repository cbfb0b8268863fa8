/** A command cannot do what it was asked to, for a reason that is no error of the daemon. */
export class CommandError extends Error {
  /** Stands for this reason in JSON; stable. */
  readonly kind: string;
  readonly hint: string;
  readonly exitCode: number;

  constructor(kind: string, message: string, options: { readonly hint: string; readonly exitCode?: number }) {
    super(message);
    this.name = "CommandError";
    this.kind = kind;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** A result cannot be written where it was to go, for another reason than a reader who left. */
export class OutputError extends CommandError {
  constructor(reason: string) {
    super("OutputUnwritable", `The output cannot be written: ${reason}.`, {
      hint: "Make room, or send the output somewhere else.",
    });
    this.name = "OutputError";
  }
}

/** The command line makes no sense. */
export class UsageError extends CommandError {
  constructor(message: string, hint: string) {
    super("Usage", message, { hint, exitCode: 2 });
    this.name = "UsageError";
  }
}
