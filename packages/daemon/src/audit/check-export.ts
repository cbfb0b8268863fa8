import { createPublicKey, type KeyObject } from "node:crypto";
import { messageOf } from "@orchastration/protocol";
import { z } from "zod";
import { type EventSegment, hasEntry } from "../domain/event-segment.ts";
import { decodeBase64, parseJson, sha256 } from "./digest.ts";
import { openEnvelope } from "./dsse.ts";
import { buildStatement, EVENTS_TYPE, STATEMENT_TYPE } from "./export.ts";
import { Flaw } from "./flaw.ts";
import { HEAD_TYPE, readHead, type SignedHead } from "./heads.ts";
import { keyIdOf } from "./signing-key.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const position = z.strictObject({ seq: z.int().min(0), hash });
const segmentSchema = z.strictObject({
  entity: z.string(),
  previous: position,
  links: z.array(z.union([z.strictObject({ seq: z.int().positive(), entry: z.string(), hash }), position])),
});

const resource = z.object({ name: z.string(), digest: z.object({ sha256: hash }) });
const commit = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/);
const merge = z.object({ name: z.string(), digest: z.object({ gitCommit: commit }) });
const statementSchema = z.object({
  subject: z.array(z.union([resource, merge])),
  predicate: z.object({
    runDetails: z.object({
      byproducts: z.tuple([
        resource.extend({ mediaType: z.literal(EVENTS_TYPE), content: z.string() }),
        resource.extend({ mediaType: z.literal(HEAD_TYPE), content: z.string() }),
      ]),
    }),
  }),
});

/** Something that an export vouches for: output, the events themselves, or the commit that a task was merged as. */
export interface Subject {
  readonly name: string;
  readonly algorithm: "sha256" | "gitCommit";
  readonly digest: string;
}

/** What an export that holds says. */
export interface CheckedExport {
  readonly entity: string;
  readonly head: SignedHead;
  /** Events that are in it, and events between them that are left out. */
  readonly events: number;
  readonly eventsLeftOut: number;
  readonly subjects: readonly Subject[];
}

/**
 * Checks the text of an export against a public key. With a signed head that was handed over earlier: it must show the chain where that head says it
 * stood.
 * @throws Flaw with the first thing that does not hold
 */
export function checkExport(text: string, publicKey: KeyObject, knownHead?: string): CheckedExport {
  const payload = openEnvelope(text, STATEMENT_TYPE, publicKey);
  const parsed = statementSchema.safeParse(parseJson(payload, "the statement"));
  if (!parsed.success) throw new Flaw("the statement is not one of an export");
  const [events, signedHead] = parsed.data.predicate.runDetails.byproducts;
  const segmentText = decodeBase64(events.content).toString();
  const segment = segmentSchema.safeParse(parseJson(segmentText, "the segment of events"));
  if (!segment.success) throw new Flaw("the segment of events is not one");
  const counts = followChain(segment.data);
  const headText = decodeBase64(signedHead.content).toString();
  const head = readHead(headText, { publicKey, keyId: keyIdOf(publicKey) });
  const end = segment.data.links.at(-1);
  if (end?.seq !== head.seq || end.hash !== head.hash) throw new Flaw("the segment does not end at the signed head");
  if (rebuilt(segment.data, headText) !== payload) throw new Flaw("the statement does not say what the events say");
  if (knownHead !== undefined)
    requirePosition(segment.data, readHead(knownHead, { publicKey, keyId: keyIdOf(publicKey) }));
  return { entity: segment.data.entity, head, ...counts, subjects: parsed.data.subject.map(toSubject) };
}

function toSubject({ name, digest }: z.infer<typeof resource> | z.infer<typeof merge>): Subject {
  return "sha256" in digest
    ? { name, algorithm: "sha256", digest: digest.sha256 }
    : { name, algorithm: "gitCommit", digest: digest.gitCommit };
}

function requirePosition({ previous, links }: EventSegment, { seq, hash }: SignedHead): void {
  if ([previous, ...links].some((shown) => shown.seq === seq && shown.hash === hash)) return;
  throw new Flaw(`the export does not show the signed head of event ${seq}`);
}

/** @throws Flaw when the text is no public Ed25519 key */
export function readPublicKey(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Said below.
  }
  throw new Flaw("the key is no public Ed25519 key in PEM");
}

function followChain({ previous, links }: EventSegment): Pick<CheckedExport, "events" | "eventsLeftOut"> {
  let { seq, hash } = previous;
  let events = 0;
  let eventsLeftOut = 0;
  for (const link of links) {
    if (hasEntry(link)) {
      if (link.seq !== seq + 1) throw new Flaw(`event ${seq + 1} is missing`);
      if (sha256(Buffer.from(hash, "hex"), link.entry) !== link.hash) {
        throw new Flaw(`the hash of event ${link.seq} is not that of its entry and the hash before it`);
      }
      events += 1;
    } else {
      if (link.seq <= seq) throw new Flaw(`event ${link.seq} is left out after event ${seq}`);
      eventsLeftOut += link.seq - seq;
    }
    ({ seq, hash } = link);
  }
  return { events, eventsLeftOut };
}

function rebuilt(segment: EventSegment, headText: string): string {
  try {
    return JSON.stringify(buildStatement(segment, headText));
  } catch (error) {
    throw new Flaw(messageOf(error));
  }
}
