export type { IncomingCall, OnIncident } from "./calls.ts";
export * from "./limits.ts";
export { createMemoryTransports } from "./memory-transport.ts";
export type { RequestId } from "./message.ts";
export * from "./peer.ts";
export { ConnectionClosedError, type RequestOptions } from "./requests.ts";
export { neverChanging } from "./result-json.ts";
export type { Transport } from "./transport.ts";
export { errorResponse, fromWireError, toWireError, type WireError } from "./wire-error.ts";
