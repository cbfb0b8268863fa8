import { OrchastrationError } from "../errors.ts";
import { newId } from "../ids.ts";
import { createCalls, type Handle, type OnIncident } from "./calls.ts";
import { isLongerThan, isRecord } from "./json.ts";
import { MAX_MALFORMED_MESSAGES, MAX_RESPONSE_BYTES } from "./limits.ts";
import { type RequestId, readMessage } from "./message.ts";
import { ConnectionClosedError, createRequests, type RequestOptions } from "./requests.ts";
import { resultJson } from "./result-json.ts";
import type { Transport } from "./transport.ts";
import { errorResponse, fromWireError } from "./wire-error.ts";

export interface PeerHandlers {
  /**
   * Answers a request. What it throws as OrchastrationError goes to the caller; anything else becomes an InternalError that says no more
   * than the id of its incident. Absent: every method is unknown.
   */
  readonly handle?: Handle;
  /**
   * A notification that arrived after an answer is delivered after the code that directly awaits that answer has gone on: the events of a
   * subscription are not seen before its id.
   */
  readonly onNotification?: (method: string, params: unknown) => void;
  readonly onIncident?: OnIncident;
}

export interface PeerOptions {
  /** The longest message this side sends, in bytes of UTF-8. Default: {@link MAX_RESPONSE_BYTES}. */
  readonly outboundLimitBytes?: number;
}

/** One end of a JSON-RPC 2.0 connection. Both ends may ask and answer. */
export interface Peer {
  /** @throws {OrchastrationError} as answered, or LimitExceeded when the request is too long. @throws {ConnectionClosedError} */
  request(method: string, params: object, options?: RequestOptions): Promise<unknown>;
  notify(method: string, params: object): void;
  /** Requests of the other end that are not answered yet. */
  readonly callsInFlight: number;
  /** Resolves when the last of them is answered. */
  whenIdle(): Promise<void>;
  /** Resolves when the connection is gone, with the reason unless it was closed in good order. */
  readonly closed: Promise<Error | null>;
  close(): void;
}

const NO_METHODS: Handle = (method) => {
  throw new OrchastrationError("MethodNotFound", `There is no method ${method}.`);
};

export function createPeer(transport: Transport, handlers: PeerHandlers = {}, options: PeerOptions = {}): Peer {
  const { handle = NO_METHODS, onNotification = () => {}, onIncident = () => {} } = handlers;
  const { outboundLimitBytes = MAX_RESPONSE_BYTES } = options;
  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<Error | null>();
  const heldNotifications: (() => void)[] = [];
  let malformedMessages = 0;
  /** The other end's last error without an id: why it is about to close the connection. */
  let complaint: Error | null = null;
  let end: { readonly reason: Error | null } | undefined;

  const encode = (message: object) => requireSendable(JSON.stringify(message));
  const requireSendable = (text: string) => {
    if (!isLongerThan(text, outboundLimitBytes)) return text;
    throw new OrchastrationError("LimitExceeded", `The message would be longer than ${outboundLimitBytes} bytes.`);
  };
  const send = (message: object) => transport.send(encode(message));
  const sendResult = (id: RequestId, result: unknown) =>
    transport.send(requireSendable(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${resultJson(result)}}`));
  const notify = (method: string, params: object) => send({ jsonrpc: "2.0", method, params });
  const onSettled = () => {
    for (const deliver of heldNotifications.splice(0)) deliver();
  };
  const calls = createCalls({ handle, onIncident, send, sendResult, notify });
  const requests = createRequests({ encode, send: (text) => transport.send(text), notify, onSettled });

  function receiveNotification(method: string, params: object) {
    if (method === "$/cancelRequest" && isRecord(params)) return calls.cancel(params.id);
    if (method === "$/progress" && isRecord(params) && isRecord(params.progress)) {
      return requests.progress(params.id, params.progress);
    }
    const deliver = () => {
      try {
        onNotification(method, params);
      } catch (error) {
        onIncident(newId(), error);
      }
    };
    if (requests.unsettled > 0 || heldNotifications.length > 0) heldNotifications.push(deliver);
    else deliver();
  }

  transport.onMessage((text) => {
    const message = readMessage(text);
    switch (message.type) {
      case "request":
        return calls.receive(message.id, message.method, message.params);
      case "notification":
        return receiveNotification(message.method, message.params);
      case "response":
        if (message.response.id !== null) return requests.receive(message.response);
        complaint = message.response.error === undefined ? null : fromWireError(message.response.error);
        return;
      case "rejected":
        transport.send(errorResponse(message.id, message.error));
        if (message.error.kind === "ParseError") malformedMessages++;
        if (malformedMessages >= MAX_MALFORMED_MESSAGES) transport.close();
    }
  });
  transport.onClose((reason) => {
    end = { reason: reason ?? complaint };
    requests.abandonAll(end.reason);
    calls.cancelAll();
    resolveClosed(end.reason);
  });

  return {
    request(method, params, requestOptions) {
      if (end !== undefined) return Promise.reject(new ConnectionClosedError(method, end.reason));
      return requests.request(method, params, requestOptions);
    },
    notify,
    get callsInFlight() {
      return calls.inFlight;
    },
    whenIdle: calls.whenIdle,
    closed,
    close: () => transport.close(),
  };
}
