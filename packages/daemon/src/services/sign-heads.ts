import type { Heads } from "../audit/heads.ts";
import type { Registry } from "../registry/registry.ts";
import { createUntilDone, isPassing, type Persist } from "./persist.ts";

export interface SignHeads {
  /** Signs where an earlier daemon left the log, if that did not: it was killed, or could not write. */
  signOwed(): void;
  close(): void;
}

export interface SignHeadsDependencies {
  readonly registry: Pick<Registry, "events" | "onCommitted">;
  readonly heads: Pick<Heads, "newestSeq">;
  /** Signs where the log stands now. */
  readonly signHead: () => Promise<void>;
  readonly persist: Persist;
  /** Told what no waiting mends: a key that is gone or damaged. */
  readonly onFailure: (error: unknown) => void;
}

const TASK_ENDS: ReadonlySet<string> = new Set(["task.completed", "task.failed", "task.merged"]);

/** Signs where the log stands whenever a task has come to an end: what it led to is worth proving later. One signature does for all events before it. */
export function createSignHeads({ registry, heads, signHead, persist, onFailure }: SignHeadsDependencies): SignHeads {
  const leftAt = registry.events.headSeq();
  let dueSeq = 0;
  let signedSeq = 0;

  async function attempt(): Promise<void> {
    const seq = registry.events.headSeq();
    try {
      await signHead();
    } catch (error) {
      if (isPassing(error)) throw error;
      onFailure(error);
    }
    signedSeq = seq;
  }

  const keepTrying = createUntilDone(persist, attempt, () => signedSeq >= dueSeq);

  function signThrough(seq: number): void {
    dueSeq = seq;
    keepTrying();
  }

  return {
    signOwed() {
      if (heads.newestSeq() < leftAt) signThrough(leftAt);
    },
    close: registry.onCommitted((events) => {
      const end = events.findLast(({ name }) => TASK_ENDS.has(name));
      if (end !== undefined) signThrough(end.seq);
    }),
  };
}
