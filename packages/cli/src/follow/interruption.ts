import { type EndingSignal, exitCodeOfSignal, type Signals } from "../signals.ts";

/** What the person wants of a run that is being waited for. */
export interface Interruption {
  /** Calls `stop` when the first Ctrl-C or SIGTERM comes, at once if it has come already. */
  onStop(stop: () => void): void;
  /** The signal that asked to stop the run, if one did. */
  readonly stopSignal: EndingSignal | undefined;
  /** Resolves with our exit code when we are to leave the run alone and go: at the second signal, or when the terminal went away. */
  readonly detached: Promise<number>;
  /** From now on a signal ends this process again. */
  dispose(): void;
}

/**
 * `timeout`, a shell or the hand-over to another Node may send the same signal to us and to our process group: that is one wish. Nobody presses
 * a key twice within so short a time.
 */
const ECHO_MS = 50;

export function listenForInterruption(signals: Signals, now: () => number = () => performance.now()): Interruption {
  const detached = Promise.withResolvers<number>();
  let stopSignal: EndingSignal | undefined;
  let stoppedAt = 0;
  let stop: (() => void) | undefined;
  const dispose = signals.onEnding((signal) => {
    if (signal === stopSignal && now() - stoppedAt < ECHO_MS) return;
    if (stopSignal !== undefined || signal === "SIGHUP") return detached.resolve(exitCodeOfSignal(signal));
    stopSignal = signal;
    stoppedAt = now();
    stop?.();
  });
  return {
    onStop(wanted) {
      stop = wanted;
      if (stopSignal !== undefined) wanted();
    },
    get stopSignal() {
      return stopSignal;
    },
    detached: detached.promise,
    dispose,
  };
}
