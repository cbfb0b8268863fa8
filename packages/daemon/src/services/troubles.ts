import { createPersist, type Persist, type PersistDependencies } from "./persist.ts";

/** What has to be done in the end, and why what waits of it is impossible for now. */
export interface Troubles {
  /** For what clients wait for: outcomes, and the runs of a supervisor that is gone. */
  readonly persist: Persist;
  /** For what follows from the log: record files, task files, signed heads. */
  readonly persistFiles: Persist;
  /** Why clients wait; null: nobody does. */
  current(): string | null;
  /** A sentence for each reason for which something waits. */
  list(): readonly string[];
}

export interface TroublesDependencies extends Pick<PersistDependencies, "log" | "setTimer"> {
  /** Told when {@link Troubles.current} has become another. */
  readonly onCurrent: () => void;
}

export function createTroubles({ log, setTimer, onCurrent }: TroublesDependencies): Troubles {
  let outcomes: readonly string[] = [];
  let files: readonly string[] = [];
  const current = (): string | null => outcomes[0] ?? null;
  return {
    persist: createPersist({
      log,
      setTimer,
      onTrouble(reasons) {
        const before = current();
        outcomes = reasons;
        if (current() !== before) onCurrent();
      },
    }),
    persistFiles: createPersist({ log, setTimer, onTrouble: (reasons) => (files = reasons) }),
    current,
    list: () => [
      ...outcomes,
      ...files.map((reason) => `records, task files or signed heads wait to be written: ${reason}`),
    ],
  };
}
