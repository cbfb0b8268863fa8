import { entityOfOrchestration } from "@orchastration/protocol";
import { events, type Orchestration, type StoredEvent } from "@orchastration/protocol/contract";
import { orchestrationAfter } from "../domain/orchestration-history.ts";
import type { OrchestrationEvent } from "../domain/orchestration-machine.ts";

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
      const event = parseEvent(stored);
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

function parseEvent({ seq, name, payload }: StoredEvent): OrchestrationEvent | undefined {
  if (!isOrchestrationEventName(name)) return undefined;
  const parsed = events[name].safeParse(payload);
  if (!parsed.success) throw new Error(`event ${seq} (${name}) does not carry what such an event carries`);
  // The schema was chosen by the name; the compiler does not follow that through a lookup.
  return { name, payload: parsed.data } as OrchestrationEvent;
}

function isOrchestrationEventName(name: string): name is OrchestrationEvent["name"] {
  return name.startsWith("orchestration.") && Object.hasOwn(events, name);
}
