import type { VersionRange } from "../version.ts";

/** The first line of a terminal client, and the supervisor's answer: JSON, one line each; frames follow. */

/** Versions of the terminal stream this build can speak. A terminal outlives upgrades, so the previous version stays accepted. */
export const STREAM_VERSIONS: VersionRange = { min: 1, max: 1 };

/** The longest attach line, in bytes: a first line that goes on is nobody's. */
export const MAX_ATTACH_LINE_BYTES = 4_096;

export interface AttachRequest {
  readonly version: number;
  readonly session: string;
  readonly mode: "control" | "watch";
  /** The offset to begin at: a snapshot's. Null: at the end, with one forced repaint. */
  readonly from: number | null;
  readonly cols: number;
  readonly rows: number;
  /** Unacknowledged bytes after which output is skipped for this client; absent: as for a person's terminal. */
  readonly budgetBytes?: number;
}

export type AttachAnswer =
  | {
      readonly ok: true;
      /** Names this attachment to `session.takeControl`. */
      readonly attachment: string;
      readonly from: number;
      /** Output before this was put out before this client came: queries in it are not for its terminal. Absent from older supervisors. */
      readonly historyEnd?: number;
      readonly cols: number;
      readonly rows: number;
      readonly controller: boolean;
    }
  | { readonly error: { readonly kind: string; readonly message: string } };

export function formatAttachRequest(request: AttachRequest): string {
  return `${JSON.stringify({ attach: request })}\n`;
}

/** Undefined when the line is no attach request at all: another protocol may be meant. @throws TypeError when it is one with mistakes */
export function parseAttachRequest(line: string): AttachRequest | undefined {
  const value = parseObject(line);
  if (value === undefined || !("attach" in value)) return undefined;
  const request: unknown = value.attach;
  if (isAttachRequest(request)) return request;
  throw new TypeError("the attach line needs version, session, mode (control or watch), from, cols and rows");
}

export function formatAttachAnswer(answer: AttachAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}

/** @throws TypeError */
export function parseAttachAnswer(line: string): AttachAnswer {
  const value = parseObject(line);
  if (value !== undefined && isAttachAnswer(value)) return value;
  throw new TypeError("the answer to the attach line is not one of ours");
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isAttachRequest(value: unknown): value is AttachRequest {
  if (!isRecord(value)) return false;
  const { version, session, mode, from, cols, rows, budgetBytes } = value;
  return (
    isCount(version) &&
    typeof session === "string" &&
    (mode === "control" || mode === "watch") &&
    (from === null || isCount(from)) &&
    isSize(cols) &&
    isSize(rows) &&
    (budgetBytes === undefined || isCount(budgetBytes))
  );
}

function isAttachAnswer(value: Record<string, unknown>): value is Record<string, unknown> & AttachAnswer {
  if (isRecord(value.error)) return typeof value.error.kind === "string" && typeof value.error.message === "string";
  return (
    value.ok === true &&
    typeof value.attachment === "string" &&
    isCount(value.from) &&
    (value.historyEnd === undefined || isCount(value.historyEnd)) &&
    isSize(value.cols) &&
    isSize(value.rows) &&
    typeof value.controller === "boolean"
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Rows and columns travel as u16 in resize frames. */
function isSize(value: unknown): value is number {
  return isCount(value) && value >= 1 && value <= 65_535;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
