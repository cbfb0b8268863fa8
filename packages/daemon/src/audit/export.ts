import type { StoredEvent } from "@orchastration/protocol/contract";
import { z } from "zod";
import { type EventSegment, hasEntry, type SegmentEvent } from "../domain/event-segment.ts";
import { ownEventsOf, provenanceOf, type Resource, type Statement } from "../domain/provenance.ts";
import { parseJson, sha256 } from "./digest.ts";
import { sealEnvelope } from "./dsse.ts";
import { Flaw } from "./flaw.ts";
import { HEAD_TYPE } from "./heads.ts";
import type { SigningKey } from "./signing-key.ts";

/** in-toto's own. */
export const STATEMENT_TYPE = "application/vnd.in-toto+json";
export const EVENTS_TYPE = "application/vnd.orchastration.events+json";

/** The text of an export: a DSSE envelope around an in-toto statement. `head` is the signed head of the segment's last event. */
export function writeExport(segment: EventSegment, head: string, key: SigningKey): string {
  return sealEnvelope(STATEMENT_TYPE, JSON.stringify(buildStatement(segment, head)), key);
}

/**
 * Everything in it comes from the segment and the head: whoever checks an export builds it again.
 * @throws Flaw, Error when the segment does not tell of a run or task
 */
export function buildStatement(segment: EventSegment, head: string): Statement {
  const evidence = [
    resourceOf("events", EVENTS_TYPE, JSON.stringify(segment)),
    resourceOf("signed head", HEAD_TYPE, head),
  ];
  const events = segment.links.filter(hasEntry).map(readEvent);
  return provenanceOf(segment.entity, ownEventsOf(segment.entity, events), evidence);
}

function resourceOf(name: string, mediaType: string, text: string): Resource {
  return { name, mediaType, digest: { sha256: sha256(text) }, content: Buffer.from(text).toString("base64") };
}

const entrySchema = z.object({
  seq: z.int(),
  id: z.string(),
  at: z.string(),
  actor: z.object({ kind: z.enum(["person", "agent", "editor", "policy", "daemon"]), name: z.string() }),
  entity: z.string(),
  name: z.string(),
  payload: z.record(z.string(), z.unknown()),
});

function readEvent({ seq, entry, hash }: SegmentEvent): StoredEvent {
  const parsed = entrySchema.safeParse(parseJson(entry, `the entry of event ${seq}`));
  if (!parsed.success || parsed.data.seq !== seq) throw new Flaw(`the entry of event ${seq} is not one of that event`);
  return { ...parsed.data, hash };
}
