/** Keeps this process from everything else, as a busy machine does: its timers come due, and what comes for it waits in the system. */
export function holdUpLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
