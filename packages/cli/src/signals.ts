import { constants } from "node:os";

/** The signals with which a person or a system asks a command to end. */
export type EndingSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface Signals {
  /** From now on these signals do not end the process; until the returned function is called. */
  onEnding(listener: (signal: EndingSignal) => void): () => void;
}

const ENDING_SIGNALS: readonly EndingSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

export const processSignals: Signals = {
  onEnding(listener) {
    for (const signal of ENDING_SIGNALS) process.on(signal, listener);
    return () => {
      for (const signal of ENDING_SIGNALS) process.off(signal, listener);
    };
  },
};

/** What a shell reports for a process that this signal ended. */
export function exitCodeOfSignal(signal: EndingSignal | "SIGPIPE"): number {
  return 128 + constants.signals[signal];
}
