import type { JSONRPCResponse } from "json-rpc-2.0/dist/models.js";
import { OrchastrationError } from "../errors.ts";
import { isRecord } from "./json.ts";

export type RequestId = string | number;

/** What one JSON text turned out to be. `rejected` carries the error to answer with, under its id if that could be read. */
export type Message =
  | { readonly type: "request"; readonly id: RequestId; readonly method: string; readonly params: object }
  | { readonly type: "notification"; readonly method: string; readonly params: object }
  | { readonly type: "response"; readonly response: JSONRPCResponse }
  | { readonly type: "rejected"; readonly id: RequestId | null; readonly error: OrchastrationError };

export function readMessage(text: string): Message {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: "rejected", id: null, error: new OrchastrationError("ParseError", "The message is no JSON.") };
  }
  if (Array.isArray(value)) return invalid(null, "Batches are not supported.");
  if (!isRecord(value)) return invalid(null, "A message is a JSON object.");
  const { id, method } = value;
  const usableId = isRequestId(id) ? id : null;
  if (value.jsonrpc !== "2.0") return invalid(usableId, 'The member "jsonrpc" must be "2.0".');
  if (isResponse(value)) return { type: "response", response: value };
  if (typeof method !== "string") return invalid(usableId, "The method must be a string.");
  if ("result" in value || "error" in value) return invalid(usableId, "A request has no result and no error.");
  // Some client libraries write null for absent parameters.
  const params = value.params ?? {};
  if (typeof params !== "object") return invalid(usableId, "The params must be an object.");
  if (id === undefined) return { type: "notification", method, params };
  if (usableId === null) return invalid(null, "The id must be a string or a number.");
  return { type: "request", id: usableId, method, params };
}

function invalid(id: RequestId | null, message: string): Message {
  return { type: "rejected", id, error: new OrchastrationError("InvalidRequest", message) };
}

function isRequestId(id: unknown): id is RequestId {
  return typeof id === "string" || typeof id === "number";
}

function isResponse(value: object): value is JSONRPCResponse {
  if (!("id" in value) || "method" in value || "result" in value === "error" in value) return false;
  if (value.id !== null && !isRequestId(value.id)) return false;
  if (!("error" in value)) return true;
  return isRecord(value.error) && typeof value.error.code === "number" && typeof value.error.message === "string";
}
