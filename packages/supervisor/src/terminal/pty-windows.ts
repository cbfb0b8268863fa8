import type { Pty, PtyEvents } from "./pty.ts";

/** What is needed of a ConPTY. */
export interface ConPty {
  write(bytes: Buffer): void;
  resize(cols: number, rows: number): void;
  pause(): void;
  resume(): void;
  kill(): void;
  readonly onData: (listener: (bytes: unknown) => void) => unknown;
  readonly onExit: (listener: (exit: { readonly exitCode: number }) => void) => unknown;
}

/**
 * ConPTY ends its output with its process, and tells both at once. Its input has no full state to be told of: the system queues.
 */
export function openWindowsPty(conPty: ConPty, events: PtyEvents): Pty {
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<void>();
  let isClosed = false;
  conPty.onData((bytes) => events.onOutput(typeof bytes === "string" ? Buffer.from(bytes) : (bytes as Uint8Array)));
  conPty.onExit(() => {
    isClosed = true;
    resolveEnded();
  });
  return {
    write(bytes) {
      if (!isClosed) conPty.write(Buffer.from(bytes));
    },
    queuedBytes: 0,
    resize({ cols, rows }) {
      if (!isClosed) conPty.resize(cols, rows);
    },
    pause: () => conPty.pause(),
    resume: () => conPty.resume(),
    ended,
    close() {
      if (!isClosed) conPty.kill();
      isClosed = true;
    },
  };
}
