import { toPlainText } from "@orchastration/protocol";

/** What a program says of itself with OSC 7501: untrusted text, to be shown and to notify with, never to act on. */
export interface ProgramReport {
  readonly state: "idle" | "working" | "blocked" | "done" | "error";
  /** Only with blocked. */
  readonly kind: BlockedKind | null;
  /** Segments with `/` between them; empty: the program as a whole. */
  readonly id: string;
  readonly app: string | null;
  /** 0 to 100. */
  readonly progress: number | null;
  readonly title: string | null;
  readonly message: string | null;
}

export type BlockedKind = "permission" | "question" | "auth";

export type ProgramMessage =
  | { readonly type: "query" }
  | { readonly type: "clear"; readonly id: string }
  | { readonly type: "report"; readonly report: ProgramReport };

/** Introducer, payload and terminator together. */
export const LONGEST_SEQUENCE_BYTES = 4_096;
const MOST_RECORDS = 256;
const MOST_SEGMENTS = 8;
const LONGEST_ID_BYTES = 128;
const LONGEST_APP_BYTES = 32;
const LONGEST_TITLE_BYTES = 192;
const LONGEST_MESSAGE_BYTES = 2_048;

const STATES = ["idle", "working", "blocked", "done", "error"] as const;
const KINDS = ["permission", "question", "auth"] as const;
const SEGMENT = /^[A-Za-z0-9_.+-]{1,32}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?$/;
const CONTROL = /\p{Cc}/u;

/**
 * Reads what stands between `ESC ] 7501 ;` and its terminator. Undefined when it has to be discarded. The limit of the whole sequence is the
 * business of whoever cut it out of the output.
 */
export function parseProgramMessage(payload: string): ProgramMessage | undefined {
  if (CONTROL.test(payload)) return undefined;
  if (payload.trim() === "?") return { type: "query" };
  const fields = new Map(payload.split(":").map(toField));
  const id = fields.get("id") ?? "";
  const word = fields.get("state");
  if (!isId(id)) return undefined;
  if (word === "clear") return { type: "clear", id };
  const state = STATES.find((known) => known === word);
  const app = fields.get("app") ?? null;
  const title = decodeText(fields.get("title"), LONGEST_TITLE_BYTES);
  const message = decodeText(fields.get("msg"), LONGEST_MESSAGE_BYTES);
  if (state === undefined || title === undefined || message === undefined) return undefined;
  if (app !== null && byteLength(app) > LONGEST_APP_BYTES) return undefined;
  const kind = state === "blocked" ? (KINDS.find((known) => known === fields.get("kind")) ?? null) : null;
  const progress = toProgress(fields.get("progress"));
  return { type: "report", report: { state, kind, id, app, progress, title, message } };
}

/** Values may contain `=`, which ends base64. */
function toField(pair: string): [key: string, value: string] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}

function isId(id: string): boolean {
  if (id === "") return true;
  const segments = id.split("/");
  return id.length <= LONGEST_ID_BYTES && segments.length <= MOST_SEGMENTS && segments.every((s) => SEGMENT.test(s));
}

function toProgress(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,3}$/.test(text)) return null;
  const progress = Number(text);
  return progress <= 100 ? progress : null;
}

/** Null without one; undefined when it is too long, is not base64 of UTF-8, or contains control characters. */
function decodeText(base64: string | undefined, longestBytes: number): string | null | undefined {
  if (base64 === undefined) return null;
  if (!BASE64.test(base64)) return undefined;
  try {
    // It refuses what has the letters of base64 and not its length.
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    if (bytes.length > longestBytes) return undefined;
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The last report of one id. */
export interface ProgramStatus extends ProgramReport {
  /** Since when it is in this state, and when it said so last. */
  readonly sinceMs: number;
  readonly reportedMs: number;
}

/** By id, the longest silent first. */
export type ProgramStatuses = ReadonlyMap<string, ProgramStatus>;

export const NO_STATUSES: ProgramStatuses = new Map();

/** A report replaces the record of its id; beyond 256 records the one that has been silent longest goes. */
export function recordMessage(records: ProgramStatuses, message: ProgramMessage, atMs: number): ProgramStatuses {
  if (message.type === "query") return records;
  const next = new Map(records);
  if (message.type === "clear") {
    next.delete(message.id);
    return next;
  }
  const { report } = message;
  const before = records.get(report.id);
  const isSame = before?.state === report.state && before.kind === report.kind;
  next.delete(report.id);
  next.set(report.id, { ...report, sinceMs: isSame ? before.sinceMs : atMs, reportedMs: atMs });
  const [silent] = next.keys();
  if (next.size > MOST_RECORDS && silent !== undefined) next.delete(silent);
  return next;
}

/** At a new prompt, and at the end of the process: what cannot be true any more goes, what was achieved stays. */
export function dropUnfinished(records: ProgramStatuses): ProgramStatuses {
  return new Map([...records].filter(([, { state }]) => state === "done" || state === "error"));
}

const RANK: Readonly<Record<ProgramReport["state"], number>> = { blocked: 4, working: 3, idle: 2, error: 1, done: 1 };

/** The record that tells what the program as a whole does: who waits for a person goes before who works, and who works before who rests. */
export function decisiveStatus(records: Iterable<ProgramStatus>): ProgramStatus | undefined {
  let decisive: ProgramStatus | undefined;
  for (const status of records) {
    if (decisive === undefined || RANK[status.state] > RANK[decisive.state]) decisive = status;
  }
  return decisive;
}

const SHOWN_CHARACTERS = 120;

/** `codex says it waits for permission: run npm test`. One line without acting characters. */
export function describeStatus({ state, kind, app, title, message }: ProgramReport): string {
  const who = app === null || app === "" ? "the program" : app;
  const detail = [title, message].find((text) => text !== null && text !== "");
  const text = `${who} says it ${saying(state, kind)}${detail === undefined ? "" : `: ${detail}`}`;
  const plain = toPlainText(text);
  return plain.length > SHOWN_CHARACTERS ? `${plain.slice(0, SHOWN_CHARACTERS - 1)}…` : plain;
}

function saying(state: ProgramReport["state"], kind: BlockedKind | null): string {
  switch (state) {
    case "working":
      return "is working";
    case "idle":
      return "is idle";
    case "done":
      return "is done";
    case "error":
      return "failed";
    case "blocked":
      return kind === "auth" ? "waits for a login" : `waits for ${kind === "permission" ? "permission" : "an answer"}`;
  }
}
