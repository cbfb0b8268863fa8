import type { Clock } from "../clock.ts";

/** What a terminal still holds when the processes of its session have ended or were given up comes within this time, or there is nothing. */
const QUIET_MS = 200;
/** More than any system keeps in a terminal: what comes after so much was written by those left behind. */
const HELD_BYTES = 1024 * 1024;

export interface LastOutput {
  saw(bytes: number): void;
  /** Resolves when all that the session's own processes put out has been read. */
  readonly complete: Promise<void>;
}

/** @param isPaused whether nothing is read at present: then silence means nothing */
export function awaitLastOutput(clock: Clock, ended: Promise<void>, isPaused: () => boolean): LastOutput {
  const { promise: isQuiet, resolve } = Promise.withResolvers<void>();
  let received = 0;
  let cancel = (): void => {};

  function wait(): void {
    cancel();
    cancel = clock.after(QUIET_MS, () => (isPaused() ? wait() : resolveUnlessMoreWaits()));
  }

  /** A loop that was held up for so long comes by its timers before it reads what came meanwhile. */
  function resolveUnlessMoreWaits(): void {
    const immediate = setImmediate(resolve);
    cancel = () => clearImmediate(immediate);
  }
  wait();

  return {
    saw(bytes) {
      received += bytes;
      if (received > HELD_BYTES) resolve();
      else wait();
    },
    complete: Promise.race([ended, isQuiet]).finally(() => cancel()),
  };
}
