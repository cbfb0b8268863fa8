import { entityOfRun } from "@orchastration/protocol";
import { type DroppedOutput, events, type Run } from "@orchastration/protocol/contract";
import type { EventReader } from "../registry/registry.ts";

/** More than a run has after its end. */
const EVENTS_LOOKED_AT = 100;

/** That retention dropped what a run's terminal put out; undefined when it did not. */
export function findDroppedOutput(
  log: Pick<EventReader, "readEntityAfter">,
  { id, eventSeq }: Pick<Run, "id" | "eventSeq">,
): DroppedOutput | undefined {
  const later = log.readEntityAfter(entityOfRun(id), eventSeq, EVENTS_LOOKED_AT);
  const event = later.find(({ name }) => name === "session.outputDropped");
  if (event === undefined) return undefined;
  const { bytes, reason } = events["session.outputDropped"].parse(event.payload);
  return { at: event.at, bytes, reason };
}
