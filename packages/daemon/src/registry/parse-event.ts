import { type EventName, type EventOf, events, type StoredEvent } from "@orchastration/protocol/contract";

/** The events of each kind of entity whose life is rebuilt from the log. */
interface Replayed {
  readonly run: EventOf<"run">;
  readonly task: EventOf<"task">;
  readonly orchestration: EventOf<"orchestration">;
}

/**
 * The event, if it is one of that kind of entity.
 * @throws Error when it does not carry what such an event carries; the message names its seq
 */
export function parseEvent<Kind extends keyof Replayed>(
  kind: Kind,
  { seq, name, payload }: StoredEvent,
): Replayed[Kind] | undefined {
  if (!name.startsWith(`${kind}.`) || !isEventName(name)) return undefined;
  const parsed = events[name].safeParse(payload);
  if (!parsed.success) throw new Error(`event ${seq} (${name}) does not carry what such an event carries`);
  // The schema was chosen by the name; the compiler does not follow that through a lookup.
  return { name, payload: parsed.data } as Replayed[Kind];
}

function isEventName(name: string): name is EventName {
  return Object.hasOwn(events, name);
}
