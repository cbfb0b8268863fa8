/** Calls `start` once for all who ask for the same key before it has settled. */
export function shareInFlight<K, T>(start: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const inFlight = new Map<K, Promise<T>>();
  return (key) => {
    const shared = inFlight.get(key);
    if (shared !== undefined) return shared;
    const started = start(key).finally(() => inFlight.delete(key));
    inFlight.set(key, started);
    return started;
  };
}
