import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Nothing was done for so long: nobody waits for the tens of milliseconds that a collection takes. */
const QUIET_MS = 5_000;

export interface MemoryTidier extends Disposable {
  /** So much more was done, in the caller's own measure. */
  worked(amount: number): void;
}

export interface MemoryTidierOptions {
  /** After less work too little is left behind. */
  readonly worth: number;
  readonly collect?: (() => void) | undefined;
}

/** Gives memory back when work has come to rest. By itself V8 keeps the garbage of a burst until the next one. */
export function createMemoryTidier({ worth, collect = collectGarbage }: MemoryTidierOptions): MemoryTidier {
  let done = 0;
  const timer = setTimeout(() => {
    if (done < worth) return;
    done = 0;
    collect();
  }, QUIET_MS).unref();
  return {
    worked(amount) {
      done += amount;
      timer.refresh();
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

/** Node shows its collector only where a flag asks for it. The ordinary kind of collection keeps the pages it frees. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext('gc({ type: "major", execution: "sync", flavor: "last-resort" })');
}
