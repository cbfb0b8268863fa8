import type { StoredEvent } from "@orchastration/protocol/contract";
import type { RunEvent } from "../domain/run-machine.ts";

/** An event without its place in the chain: what the text of an entry says. */
export type Entry = Omit<StoredEvent, "hash">;

/** The exact text that is hashed and stored. Field order is part of the format, though no reader depends on it. */
export function writeEntry({ seq, id, at, actor, entity, name, payload }: Entry): string {
  return JSON.stringify({ seq, id, at, actor: { kind: actor.kind, name: actor.name }, entity, name, payload });
}

/** Only for text that {@link writeEntry} wrote: the log is append-only and hashed, and reading it is on the path of every answer. */
export function readEntry(text: string): Entry {
  return JSON.parse(text) as Entry;
}

/** The same for an event of a run. */
export function readRunEvent(text: string): RunEvent {
  return JSON.parse(text) as RunEvent;
}
