import { type ErrorKind, isSystemError, OrchastrationError } from "@orchastration/protocol";
import type { Log } from "../logging/log.ts";

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

/**
 * Does what must happen in the end (recording an outcome, following an orphan), again and again while it is impossible for a passing reason: a full
 * or read-only state directory, no supervisor to be had, an error of the operating system. When the daemon ends meanwhile the promise stays open, and the next daemon finds the
 * same to do.
 */
export type Persist = <T>(attempt: () => Promise<T>) => Promise<T>;

export interface PersistDependencies {
  readonly log: Log;
  readonly setTimer: (callback: () => void, delayMs: number) => void;
  /** Told after every failure and every end of one, with why each attempt that still waits failed the last time. Empty: nothing waits. */
  readonly onTrouble: (reasons: readonly string[]) => void;
}

export function createPersist({ log, setTimer, onTrouble }: PersistDependencies): Persist {
  /** Why each of them failed, by attempts that wait to be made again. */
  const waiting = new Map<object, string>();
  const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimer(resolve, delayMs));
  const tell = (): void => onTrouble([...new Set(waiting.values())]);

  function pass(attempt: object): void {
    if (!waiting.delete(attempt)) return;
    tell();
    if (waiting.size === 0) log.info("trouble.passed", "what was impossible for a while has been done");
  }

  return async (attempt) => {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
      try {
        const result = await attempt();
        pass(attempt);
        return result;
      } catch (error) {
        if (!isPassing(error)) {
          pass(attempt);
          throw error;
        }
        if (waiting.size === 0) log.error("trouble.begun", error.message);
        waiting.set(attempt, error.message);
        tell();
        await pause(delayMs);
      }
    }
  };
}

/**
 * Begins to do something until it is done, unless that is under way: for what one doing does for everybody who asked.
 * @param attempt fails for passing reasons only
 * @param isDone whether nothing came in addition while it was being done
 */
export function createUntilDone(persist: Persist, attempt: () => Promise<void>, isDone: () => boolean): () => void {
  let underWay: Promise<void> | undefined;
  return function begin() {
    underWay ??= persist(() => attempt()).finally(() => {
      underWay = undefined;
      if (!isDone()) begin();
    });
  };
}

const PASSING: ReadonlySet<ErrorKind> = new Set(["StateUnavailable", "SupervisorUnavailable", "SystemFailed"]);

/** Whether the same may be possible later, with nothing changed here. */
export function isPassing(error: unknown): error is Error {
  return error instanceof OrchastrationError ? PASSING.has(error.kind) : isSystemError(error);
}
