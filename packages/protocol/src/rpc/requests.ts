import { JSONRPCClient } from "json-rpc-2.0/dist/client.js";
import type { JSONRPCResponse } from "json-rpc-2.0/dist/models.js";
import { OrchastrationError } from "../errors.ts";
import { fromWireError } from "./wire-error.ts";

type OnProgress = (value: Record<string, unknown>) => void;

export interface RequestOptions {
  /** Aborting sends `$/cancelRequest`; the promise still settles with what the other end answers. */
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** The connection ended before the request was answered: whether it was carried out is not known. */
export class ConnectionClosedError extends Error {
  constructor(method: string, reason: Error | null) {
    const why = reason === null ? "" : `: ${reason.message}`;
    super(`The connection was closed before ${method} was answered${why}`, reason === null ? {} : { cause: reason });
    this.name = "ConnectionClosedError";
  }
}

/** The requesting half of a peer. */
export interface Requests {
  request(method: string, params: object, options?: RequestOptions): Promise<unknown>;
  receive(response: JSONRPCResponse): void;
  progress(id: unknown, value: Record<string, unknown>): void;
  /** Answers received whose callers have not been told yet. */
  readonly unsettled: number;
  abandonAll(reason: Error | null): void;
}

interface OpenRequest {
  readonly method: string;
  readonly onProgress: OnProgress | undefined;
  readonly reject: (error: Error) => void;
  /** Stops listening to the caller's signal. */
  readonly release: (() => void) | undefined;
}

export interface RequestsDeps {
  /** Throws when the message is too long to be sent. */
  encode(message: object): string;
  send(text: string): void;
  notify(method: string, params: object): void;
  /** The callers of all received answers have been told, and those that await them directly have gone on. */
  onSettled(): void;
}

export function createRequests({ encode, send, notify, onSettled }: RequestsDeps): Requests {
  const client = new JSONRPCClient<string>((_message, text) => send(text));
  const open = new Map<unknown, OpenRequest>();
  let nextId = 0;
  let unsettled = 0;

  /** Passes an abort on to the other end. Answers how to stop that. */
  function cancelOnAbort(signal: AbortSignal, id: number): () => void {
    const cancel = () => notify("$/cancelRequest", { id });
    signal.addEventListener("abort", cancel);
    return () => signal.removeEventListener("abort", cancel);
  }

  return {
    request(method, params, { signal, onProgress } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) throw new OrchastrationError("RequestCancelled", `${method} was cancelled.`);
        const id = nextId++;
        const message = { jsonrpc: "2.0", id, method, params } as const;
        const text = encode(message);
        open.set(id, { method, onProgress, reject, release: signal && cancelOnAbort(signal, id) });
        void client.requestAdvanced(message, text).then(({ error, result }) => {
          if (error === undefined) resolve(result);
          else reject(fromWireError(error));
          unsettled--;
          if (unsettled === 0) queueMicrotask(onSettled);
        });
      });
    },
    receive(response) {
      const request = open.get(response.id);
      if (request === undefined) return;
      open.delete(response.id);
      request.release?.();
      unsettled++;
      client.receive(response);
    },
    progress(id, value) {
      open.get(id)?.onProgress?.(value);
    },
    get unsettled() {
      return unsettled;
    },
    abandonAll(reason) {
      for (const { method, reject, release } of open.values()) {
        release?.();
        reject(new ConnectionClosedError(method, reason));
      }
      open.clear();
    },
  };
}
