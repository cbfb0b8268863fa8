/** All time goes through this, so that tests set it themselves. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since an arbitrary moment; never set back, and standing still while the machine is suspended. */
  monotonicMs(): number;
  /** Calls back once after a delay of any length, Infinity included; what it returns cancels that. */
  after(delayMs: number, callback: () => void): () => void;
}

/** setTimeout takes a longer delay for one of 1 ms. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const deadline = performance.now() + delayMs;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const rest = deadline - performance.now();
      timer = rest > MAX_TIMEOUT_MS ? setTimeout(arm, MAX_TIMEOUT_MS) : setTimeout(callback, Math.max(0, rest));
    };
    arm();
    return () => clearTimeout(timer);
  },
};

export function rfc3339(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
