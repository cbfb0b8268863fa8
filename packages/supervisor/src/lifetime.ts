import type { Clock } from "./clock.ts";

/** So long a supervisor nobody needs waits for a daemon: longer than a restart takes. */
const IDLE_MS = 10_000;

/** drained: it may end although a daemon is connected. */
type Need = "needed" | "idle" | "drained";

export interface LifetimeDeps {
  readonly clock: Clock;
  need(): Need;
  onEnd(): void;
}

export interface Lifetime {
  /** Sessions or connections changed. */
  review(): void;
  cancel(): void;
}

export function createLifetime({ clock, need, onEnd }: LifetimeDeps): Lifetime {
  let present: Need = "needed";
  let cancel = (): void => {};

  return {
    review() {
      const next = need();
      if (next === present) return;
      present = next;
      cancel();
      // Not at once when drained: the request that brought it about is answered first.
      if (next !== "needed") cancel = clock.after(next === "idle" ? IDLE_MS : 0, onEnd);
    },
    cancel: () => cancel(),
  };
}
