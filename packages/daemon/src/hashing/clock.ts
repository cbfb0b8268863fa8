import { monotonicMs } from "@orchastration/protocol/node";
/** All time of the service goes through this, so that tests set it themselves. */
export interface Clock {
  /** Milliseconds since an arbitrary moment; never set back. */
  monotonicMs(): number;
  /** Calls back once after the delay; what it returns cancels that. */
  after(delayMs: number, callback: () => void): () => void;
}

/** Its timers keep no process alive. */
export const systemClock: Clock = {
  monotonicMs,
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
