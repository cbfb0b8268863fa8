/** What is done about one thing, named by a text, happens one after another, whoever asks: a start never meets a removal half-way. */
export interface Turns {
  inTurn<T>(key: string, step: () => Promise<T>): Promise<T>;
}

export function createTurns(): Turns {
  const tails = new Map<string, Promise<unknown>>();
  return {
    inTurn(key, step) {
      const done = (tails.get(key) ?? Promise.resolve()).then(step);
      const tail = done.catch(() => undefined);
      tails.set(key, tail);
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      return done;
    },
  };
}
