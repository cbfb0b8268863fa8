import { PROTOCOL_VERSIONS } from "@orchastration/protocol";
import type { MethodName, Params, Result, TroubleNotification } from "@orchastration/protocol/contract";
import {
  ConnectionClosedError,
  createPeer,
  MAX_REQUEST_BYTES,
  type RequestOptions,
  type Transport,
} from "@orchastration/protocol/rpc";
import { createSubscriptions, type EventListener, type SubscribeOptions, type Subscription } from "./subscription.ts";

export type ClientInfo = Params<"initialize">["clientInfo"];
export type ServerFacts = Result<"initialize">;

/** A connection to the daemon. Closing it detaches: whatever was started goes on. */
export interface DaemonClient {
  /** What the daemon said about itself when the connection was made. */
  readonly server: ServerFacts;
  /**
   * Aborting `signal` asks the daemon to give up the request; it still settles with the daemon's answer.
   * @throws {OrchastrationError} what the daemon answered. @throws {ConnectionClosedError}
   */
  call<M extends MethodName>(method: M, params: Params<M>, options?: RequestOptions): Promise<Result<M>>;
  /** Calls `listener` for every committed event that fits, once and in order. */
  subscribe(options: SubscribeOptions, listener: EventListener): Promise<Subscription>;
  /** Resolves when the connection is gone, with the reason unless it was closed in good order. */
  readonly closed: Promise<Error | null>;
  close(): void;
}

/** Sends requests that travel together with the introduction. They fail, as it does, when the daemon speaks another version. */
export type OnOpen = (client: Pick<DaemonClient, "call">) => void;

/** What the daemon cannot do at this moment; null when it can again. */
export type OnTrouble = (message: string | null) => void;

/**
 * Introduces the client to the daemon at the other end.
 * @throws {OrchastrationError} ProtocolVersionUnsupported
 */
export async function createClient(
  transport: Transport,
  clientInfo: ClientInfo,
  onOpen: OnOpen = () => {},
  onTrouble: OnTrouble = () => {},
): Promise<DaemonClient> {
  const peer = createPeer(
    transport,
    {
      onNotification(method, params) {
        if (method === "daemon.trouble") onTrouble((params as TroubleNotification).message);
        else subscriptions.receive(method, params);
      },
    },
    { outboundLimitBytes: MAX_REQUEST_BYTES },
  );
  const subscriptions = createSubscriptions(peer.request);
  void peer.closed.then((reason) => subscriptions.end(new ConnectionClosedError("events.subscribe", reason)));

  // Both ends are built from one contract and agree on its version first: what the daemon answers has the contract's shape.
  const call = <M extends MethodName>(method: M, params: Params<M>, options?: RequestOptions) =>
    peer.request(method, params, options) as Promise<Result<M>>;

  try {
    const introduction = call("initialize", { protocolVersion: PROTOCOL_VERSIONS, clientInfo });
    onOpen({ call });
    const server = await introduction;
    return { server, call, subscribe: subscriptions.subscribe, closed: peer.closed, close: peer.close };
  } catch (error) {
    peer.close();
    throw error;
  }
}
