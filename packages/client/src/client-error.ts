/** No daemon can be reached, and none could be started. `hint` says what to do. */
export class DaemonUnreachableError extends Error {
  readonly kind = "DaemonUnreachable";
  readonly exitCode = 69;
  readonly hint: string;

  constructor(message: string, hint: string, options: ErrorOptions = {}) {
    super(message, options);
    this.name = "DaemonUnreachableError";
    this.hint = hint;
  }
}

/** The stream of a terminal broke: its supervisor died or cannot be reached. */
export class AttachmentLostError extends Error {
  readonly kind = "AttachmentLost";
  readonly exitCode = 69;
  readonly hint: string;

  constructor(session: string, cause?: unknown) {
    const reason = cause instanceof Error ? `: ${cause.message}` : "";
    super(`The connection to the terminal of ${session} is lost${reason}.`, cause === undefined ? {} : { cause });
    this.name = "AttachmentLostError";
    this.hint = `\`orchastration show ${session}\` says what became of it; \`orchastration logs ${session}\` shows its output.`;
  }
}
