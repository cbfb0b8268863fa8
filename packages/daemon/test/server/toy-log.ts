import type { StoredEvent } from "@orchastration/protocol/contract";
import type { EventSource } from "../../src/server/subscription.ts";

/** An event log in memory. Its events are of the entities and names given, in turn. */
export interface ToyLog extends EventSource {
  commit(...events: readonly Partial<StoredEvent>[]): void;
}

export function createToyLog(): ToyLog {
  const log: StoredEvent[] = [];
  const listeners = new Set<(events: readonly StoredEvent[]) => void>();
  return {
    headSeq: () => log.length,
    readAfter: (seq, limit) => log.slice(seq, seq + limit),
    onCommitted(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    commit(...events) {
      const committed = events.map((event, index): StoredEvent => {
        const seq = log.length + index + 1;
        return {
          seq,
          id: `e${seq}`,
          at: "2026-11-01T09:15:00.000Z",
          actor: { kind: "daemon", name: "orchastration" },
          entity: "daemon",
          name: "daemon.started",
          payload: {},
          hash: "0".repeat(64),
          ...event,
        };
      });
      log.push(...committed);
      for (const listener of listeners) listener(committed);
    },
  };
}
