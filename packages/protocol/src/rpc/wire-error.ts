import { ERRORS, type ErrorKind, isErrorKind, OrchastrationError } from "../errors.ts";
import { isRecord } from "./json.ts";

/** The `error` member of a JSON-RPC response. */
export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export function toWireError(error: OrchastrationError): WireError {
  return { code: error.code, message: error.message, data: error.data };
}

/** The text of an error answer. Without an id it belongs to no request: something was wrong with the stream itself. */
export function errorResponse(id: string | number | null, error: OrchastrationError): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: toWireError(error) });
}

/**
 * The error behind a wire error. A kind this build does not know, from a newer daemon or another server, becomes an InternalError that
 * keeps the words of its sender: message, hint, and in `details` the original `kind`, `code` and data.
 */
export function fromWireError(error: WireError): OrchastrationError {
  const { kind, hint, retryable: _derived, ...details } = isRecord(error.data) ? error.data : {};
  const ownHint = typeof hint === "string" ? { hint } : {};
  const known = isErrorKind(kind) ? kind : kindOfCode(error.code);
  if (known !== undefined) return new OrchastrationError(known, error.message, { ...ownHint, details });
  const name = typeof kind === "string" ? kind : `error ${error.code}`;
  return new OrchastrationError("InternalError", `${name}: ${error.message}`, {
    ...ownHint,
    details: { ...details, unknownKind: kind ?? null, code: error.code },
  });
}

function kindOfCode(code: number): ErrorKind | undefined {
  return Object.keys(ERRORS)
    .filter(isErrorKind)
    .find((kind) => ERRORS[kind].code === code);
}
