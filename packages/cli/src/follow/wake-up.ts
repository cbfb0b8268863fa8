/** Lets a loop sleep until something happens. */
export interface WakeUp {
  wake(): void;
  /** Resolves when woken, at once if that happened since the last call. */
  next(): Promise<void>;
}

export function createWakeUp(): WakeUp {
  let { promise, resolve } = Promise.withResolvers<void>();
  return {
    wake: () => resolve(),
    async next() {
      await promise;
      ({ promise, resolve } = Promise.withResolvers<void>());
    },
  };
}
