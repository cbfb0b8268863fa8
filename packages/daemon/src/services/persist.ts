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
  /** Told when attempts begin to fail, and with null when one has succeeded again. */
  readonly onTrouble: (message: string | null) => void;
}

export function createPersist({ log, setTimer, onTrouble }: PersistDependencies): Persist {
  let isInTrouble = false;
  const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimer(resolve, delayMs));

  return async (attempt) => {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
      try {
        const result = await attempt();
        if (isInTrouble) {
          isInTrouble = false;
          onTrouble(null);
          log.info("trouble.passed", "what was impossible for a while has been done");
        }
        return result;
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (!isInTrouble) log.error("trouble.begun", error.message);
        isInTrouble = true;
        onTrouble(error.message);
        await pause(delayMs);
      }
    }
  };
}

const PASSING: ReadonlySet<ErrorKind> = new Set(["StateUnavailable", "SupervisorUnavailable", "SystemFailed"]);

function isPassing(error: unknown): error is Error {
  return error instanceof OrchastrationError ? PASSING.has(error.kind) : isSystemError(error);
}
