export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** The supervisor's end of a pseudo-terminal, whatever the platform. */
export interface Pty {
  /** Queues what the program does not take at once. Without effect when the terminal is closed. */
  write(bytes: Uint8Array): void;
  /** Bytes written and not yet taken. */
  readonly queuedBytes: number;
  /** Signals the foreground process group, unless the size is the present one. */
  resize(size: Size): void;
  /** Between the two, no output is read; the program is stopped by a full terminal soon after. */
  pause(): void;
  resume(): void;
  /** Nobody has the terminal open any more, and all that was put out has been handed over. */
  readonly ended: Promise<void>;
  /** Hangs up whoever still has it open. */
  close(): void;
}

export interface PtyEvents {
  /** The array is there only during the call. */
  onOutput(bytes: Uint8Array): void;
  /** Some of the queue has been taken. */
  onInputTaken(): void;
}
