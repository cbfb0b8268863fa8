// The whole package would bring its server along, which nobody here uses and every start would load.
import { createJSONRPCErrorResponse } from "json-rpc-2.0/dist/models.js";
import { OrchastrationError } from "../errors.ts";
import { newId } from "../ids.ts";
import { isSystemError } from "../thrown.ts";
import type { RequestId } from "./message.ts";
import { toWireError } from "./wire-error.ts";

/** A request being answered. */
export interface IncomingCall {
  readonly id: RequestId;
  /** Aborted when the caller cancels or is gone. Its reason is the error to answer with. */
  readonly signal: AbortSignal;
  /** Without effect once the request is answered. */
  progress(value: Record<string, unknown>): void;
}

/** Answers at once or with a promise. */
export type Handle = (method: string, params: unknown, call: IncomingCall) => unknown;

/** Told of an error that is no part of the protocol: a defect. Nothing but the incident's id goes to the caller. */
export type OnIncident = (incident: string, error: unknown) => void;

/** The answering half of a peer. */
export interface Calls {
  receive(id: RequestId, method: string, params: object): void;
  cancel(id: unknown): void;
  cancelAll(): void;
  /** Calls not answered yet. */
  readonly inFlight: number;
  /** Resolves when there is none. */
  whenIdle(): Promise<void>;
}

export interface CallsDeps {
  readonly handle: Handle;
  readonly onIncident: OnIncident;
  /** Both throw when the message is too long to be sent, or cannot be written as JSON. */
  send(message: object): void;
  sendResult(id: RequestId, result: unknown): void;
  notify(method: string, params: object): void;
}

export function createCalls({ handle, onIncident, send, sendResult, notify }: CallsDeps): Calls {
  const open = new Map<unknown, OpenCall>();
  let idle: PromiseWithResolvers<void> | undefined;

  function sendError(id: RequestId, error: unknown): void {
    const { code, message, data } = toWireError(asOrchastrationError(error, onIncident));
    send(createJSONRPCErrorResponse(id, code, message, data));
  }

  function fail(id: RequestId, error: unknown): void {
    try {
      sendError(id, error);
    } catch (unsendable) {
      sendError(id, unsendable);
    }
  }

  async function answer(call: OpenCall, method: string, params: object): Promise<void> {
    try {
      const result = await handle(method, params, call);
      open.delete(call.id);
      sendResult(call.id, result);
    } catch (error) {
      open.delete(call.id);
      fail(call.id, error);
    }
    if (open.size === 0) idle?.resolve();
  }

  return {
    receive(id, method, params) {
      if (open.has(id)) {
        return fail(
          id,
          new OrchastrationError("InvalidRequest", `The id ${id} belongs to a request still being answered.`),
        );
      }
      const call = new OpenCall(id, (progress) => {
        if (open.get(id) === call) notify("$/progress", { id, progress });
      });
      open.set(id, call);
      void answer(call, method, params);
    },
    cancel(id) {
      open.get(id)?.cancel();
    },
    cancelAll() {
      for (const call of open.values()) call.cancel();
    },
    get inFlight() {
      return open.size;
    },
    async whenIdle() {
      if (open.size === 0) return;
      idle ??= Promise.withResolvers();
      await idle.promise;
    },
  };
}

/** A class for its speed: one is made for every request. */
class OpenCall implements IncomingCall {
  readonly id: RequestId;
  readonly progress: IncomingCall["progress"];
  #isCancelled = false;
  #controller: AbortController | undefined;

  constructor(id: RequestId, progress: IncomingCall["progress"]) {
    this.id = id;
    this.progress = progress;
  }

  /** Made on demand: most handlers never look at it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isCancelled) this.#abort();
    return this.#controller.signal;
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#abort();
  }

  #abort(): void {
    this.#controller?.abort(new OrchastrationError("RequestCancelled", "The request was cancelled."));
  }
}

function asOrchastrationError(error: unknown, onIncident: OnIncident): OrchastrationError {
  if (error instanceof OrchastrationError) return error;
  if (isAbortOfCall(error)) return error.cause;
  if (isSystemError(error)) return new OrchastrationError("SystemFailed", error.message, { cause: error });
  const incident = newId();
  onIncident(incident, error);
  return new OrchastrationError("InternalError", `A defect prevented the answer; incident ${incident}.`, {
    details: { incident },
  });
}

/** What the platform's functions throw when the signal they were given is aborted. */
function isAbortOfCall(error: unknown): error is { readonly cause: OrchastrationError } {
  return (
    error instanceof Error &&
    error.name === "AbortError" &&
    error.cause instanceof OrchastrationError &&
    error.cause.kind === "RequestCancelled"
  );
}
