import { readFileSync, statSync } from "node:fs";
import { messageOf, OrchastrationError, taskOfEntity } from "@orchastration/protocol";
import type { Params, Result } from "@orchastration/protocol/contract";
import { checkExport, readPublicKey } from "../audit/check-export.ts";
import { writeExport } from "../audit/export.ts";
import { Flaw } from "../audit/flaw.ts";
import type { Heads } from "../audit/heads.ts";
import { toPem } from "../audit/signing-key.ts";
import {
  type ChainPosition,
  type EventSegment,
  hasEntry,
  type SegmentEvent,
  sealSegment,
} from "../domain/event-segment.ts";
import type { EventReader, Registry } from "../registry/registry.ts";

export interface Audit {
  show(params: Params<"audit.show">): Result<"audit.show">;
  key(): Result<"audit.key">;
  /** @param entity a run or task that the log tells of */
  exportEntity(entity: string, options: ExportOptions): Promise<Result<"audit.export">>;
  checkExport(params: Params<"audit.checkExport">): Result<"audit.checkExport">;
  /** Signs where the log stands now; for the moments at which something is worth proving later. Nothing is signed while there is nothing. */
  signHead(): Promise<void>;
}

export interface AuditDependencies {
  readonly registry: Pick<Registry, "events" | "flush">;
  readonly heads: Heads;
}

type ExportOptions = Pick<Params<"audit.export">, "isWhole" | "through">;

const DEFAULT_LIMIT = 50;
const PAGE = 100;
/** More than one entity has. */
const EVENTS_OF_AN_ENTITY = 100_000;
/** So much of entries fits into an answer, twice in base64. */
const MAX_ENTRIES_BYTES = 6 * 1024 * 1024;
const MAX_EXPORT_BYTES = 64 * 1024 * 1024;

export function createAudit({ registry: { events, flush }, heads }: AuditDependencies): Audit {
  function positionAt(seq: number): ChainPosition {
    return { seq, hash: toHex(events.headAt(seq).hash) };
  }

  function ownEvents(entity: string): readonly SegmentEvent[] {
    return ownLinksAfter(entity, 0, EVENTS_OF_AN_ENTITY).map(toSegmentEvent);
  }

  /** Of a task, those of its runs as well. */
  function ownLinksAfter(entity: string, seq: number, limit: number): ReturnType<EventReader["linksAfter"]> {
    const task = taskOfEntity(entity);
    return task === undefined ? events.entityLinksAfter(entity, seq, limit) : events.taskLinksAfter(task, seq, limit);
  }

  function segmentOf(entity: string, { isWhole = false, through }: ExportOptions): EventSegment {
    const own = ownEvents(entity);
    const [first, last] = [own[0], own.at(-1)];
    if (first === undefined || last === undefined) throw new Error(`${entity} has no events`);
    if (!isWhole && through === undefined) {
      requireFitting(own, `the events of ${entity}`);
      return sealSegment(entity, own, positionAt);
    }
    const end = through ?? last.seq;
    if (end < last.seq || end > events.headSeq()) {
      throw new OrchastrationError("InvalidSeq", `the export goes through event ${last.seq} at least`, {
        hint: `Name an event from ${last.seq} to ${events.headSeq()}.`,
      });
    }
    return { entity, previous: positionAt(first.seq - 1), links: readThrough(first.seq - 1, end) };
  }

  function readThrough(after: number, end: number): readonly SegmentEvent[] {
    const links: SegmentEvent[] = [];
    let bytes = 0;
    for (let seq = after; seq < end; seq = links.at(-1)?.seq ?? end) {
      const page = events.linksAfter(seq, Math.min(PAGE, end - seq)).map(toSegmentEvent);
      bytes = requireFitting(page, `events ${after + 1} to ${end}`, bytes);
      links.push(...page);
    }
    return links;
  }

  return {
    show({ entity, includesRuns = false, since, limit = DEFAULT_LIMIT }) {
      const headSeq = events.headSeq();
      const from = since ?? (entity === undefined ? Math.max(0, headSeq - limit) : 0);
      const linksAfter = includesRuns ? ownLinksAfter : events.entityLinksAfter;
      const found = entity === undefined ? events.linksAfter(from, limit) : linksAfter(entity, from, limit);
      return { events: withinAnswer(found.map(toSegmentEvent)), headSeq };
    },

    key() {
      const { publicKey, keyId } = heads.key();
      return { publicKey: toPem(publicKey), keyId };
    },

    async exportEntity(entity, options) {
      const segment = segmentOf(entity, options);
      const end = segment.links.at(-1);
      if (end === undefined) throw new Error(`${entity} has no events`);
      await flush();
      const signed = await heads.sign({ seq: end.seq, hash: end.hash });
      const entries = segment.links.filter(hasEntry).length;
      const othersEvents = entries - ownEvents(segment.entity).length;
      return { export: writeExport(segment, signed, heads.key()), headSeq: end.seq, othersEvents };
    },

    checkExport({ file, keyFile, headFile }) {
      const text = readText(file);
      const pem = keyFile === undefined ? undefined : readText(keyFile);
      try {
        const { entity, head, ...counts } = checkExport(
          text,
          pem === undefined ? heads.key().publicKey : readPublicKey(pem),
          headFile === undefined ? undefined : readText(headFile),
        );
        return {
          holds: { entity, headSeq: head.seq, headHash: head.hash, ...counts, subjects: [...counts.subjects] },
          flaw: null,
        };
      } catch (error) {
        if (error instanceof Flaw) return { holds: null, flaw: error.message };
        throw error;
      }
    },

    async signHead() {
      const seq = events.headSeq();
      if (seq === 0) return;
      // Before the flush: what is added meanwhile may not be on disk yet, and a head of what a crash takes back would never fit again.
      const position = positionAt(seq);
      await flush();
      await heads.sign(position);
    },
  };
}

/** Answers the bytes of their entries together with those before. */
function requireFitting(found: readonly SegmentEvent[], what: string, bytesBefore = 0): number {
  const bytes = found.reduce((sum, { entry }) => sum + Buffer.byteLength(JSON.stringify(entry)), bytesBefore);
  if (bytes <= MAX_ENTRIES_BYTES) return bytes;
  throw new OrchastrationError("ExportTooLarge", `${what} are more than an export may hold`);
}

function toSegmentEvent({ seq, entry, hash }: { seq: number; entry: string; hash: Uint8Array }): SegmentEvent {
  return { seq, entry, hash: toHex(hash) };
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** As many as one answer takes, one at least. */
function withinAnswer(found: readonly SegmentEvent[]): SegmentEvent[] {
  let bytes = 0;
  const end = found.findIndex(({ entry }) => {
    bytes += Buffer.byteLength(JSON.stringify(entry));
    return bytes > MAX_ENTRIES_BYTES;
  });
  return found.slice(0, end === -1 ? found.length : Math.max(1, end));
}

function readText(file: string): string {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) throw new Error("it is no regular file");
    if (stats.size > MAX_EXPORT_BYTES) throw new Error("it is too large for an export");
    return readFileSync(file, "utf8");
  } catch (error) {
    const reason = messageOf(error);
    throw new OrchastrationError("FileUnreadable", `${file} cannot be read: ${reason}`);
  }
}
