/**
 * The state directory is not as this program left it. Nothing has been changed and nothing is recreated: what is there may be all there is of
 * the record.
 */
export class StateCorruptError extends Error {
  /** What a person can do about it, as a sentence. */
  readonly remedy: string;

  constructor(found: string, remedy: string, options: { readonly cause?: unknown } = {}) {
    super(`${found}. Nothing was changed; ${remedy}`, options);
    this.name = "StateCorruptError";
    this.remedy = remedy;
  }
}

/** The registry was written by a newer program. */
export class StateTooNewError extends Error {
  constructor(path: string, found: number, known: number) {
    super(
      `${path} has version ${found} and this program knows versions up to ${known}: it was written by a newer one. ` +
        "Start that one, or choose another directory with --state-dir",
    );
    this.name = "StateTooNewError";
  }
}
