import { entityOfOrchestration } from "@orchastration/protocol";
import type { Orchestration, StoredEvent } from "@orchastration/protocol/contract";
import { orchestrationAfter } from "../domain/orchestration-history.ts";
import { parseEvent } from "./parse-event.ts";

/** Follows a log from its first event, and holds every orchestration it tells of. */
export interface OrchestrationReplay {
  /** @throws Error when the event does not follow from those before it; the message names its seq */
  apply(stored: StoredEvent): void;
  orchestrations(): ReadonlyMap<string, Orchestration>;
}

export function createOrchestrationReplay(): OrchestrationReplay {
  const known = new Map<string, Orchestration>();
  return {
    apply(stored) {
      const event = parseEvent("orchestration", stored);
      if (event === undefined) return;
      const { seq, entity } = stored;
      const { orchestration } = event.payload;
      const id = typeof orchestration === "string" ? orchestration : orchestration.id;
      if (entity !== entityOfOrchestration(id)) throw new Error(`event ${seq} is of ${entity} and speaks of ${id}`);
      known.set(id, orchestrationAfter(known.get(id), event, seq));
    },
    orchestrations: () => known,
  };
}
