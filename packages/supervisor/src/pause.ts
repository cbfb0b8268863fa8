import type { Clock } from "./clock.ts";

/** A wait that others can cut short. */
export interface Pause {
  wait(durationMs: number): Promise<void>;
  /** Ends the present wait, if there is one. */
  wake(): void;
}

export function createPause(clock: Clock): Pause {
  let finish: (() => void) | undefined;
  return {
    wait(durationMs) {
      return new Promise((resolve) => {
        const cancel = clock.after(durationMs, () => finish?.());
        finish = () => {
          finish = undefined;
          cancel();
          resolve();
        };
      });
    },
    wake: () => finish?.(),
  };
}
