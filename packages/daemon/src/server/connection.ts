import { newId, OrchastrationError } from "@orchastration/protocol";
import { createPeer, type IncomingCall, type OnIncident, type Transport } from "@orchastration/protocol/rpc";
import type { Connection, Dispatch } from "./dispatcher.ts";
import type { EventPublisher } from "./subscriptions.ts";

export const MAX_REQUESTS_IN_FLIGHT = 1_000;

export interface ServeOptions {
  readonly dispatch: Dispatch;
  readonly publisher: EventPublisher;
  readonly onIncident: OnIncident;
  /** What the daemon cannot do at this moment. */
  readonly trouble: () => string | null;
}

export interface ServedConnection {
  /** Refuses further requests, answers those in flight, and closes. */
  finish(): Promise<void>;
  /** Says what the trouble is now, once the client has introduced itself. */
  tellTrouble(): void;
  readonly closed: Promise<Error | null>;
}

/** Answers the requests of one connection until it ends. */
export function serveConnection(transport: Transport, options: ServeOptions): ServedConnection {
  const { dispatch, publisher, onIncident, trouble } = options;
  let isFinishing = false;

  function handle(method: string, params: unknown, call: IncomingCall): unknown {
    if (isFinishing) throw new OrchastrationError("DaemonStopping", "The daemon is about to end.");
    if (peer.callsInFlight > MAX_REQUESTS_IN_FLIGHT) {
      const full = `This connection has ${MAX_REQUESTS_IN_FLIGHT} unanswered requests, which is the limit.`;
      throw new OrchastrationError("LimitExceeded", full);
    }
    // After the answer, which is sent in this turn of the event loop.
    if (method === "initialize" && trouble() !== null) setImmediate(tellTrouble);
    return dispatch(method, params, call, connection);
  }

  function tellTrouble(): void {
    if (connection.facts !== undefined) peer.notify("daemon.trouble", { message: trouble() });
  }

  const peer = createPeer(transport, { handle, onIncident });
  const connection: Connection = {
    id: newId(),
    facts: undefined,
    subscriptions: publisher.connect({
      notify: peer.notify,
      get bufferedBytes() {
        return transport.bufferedBytes;
      },
      onDrain: transport.onDrain,
    }),
  };
  transport.onClose(() => connection.subscriptions.endAll());

  return {
    async finish() {
      isFinishing = true;
      await Promise.race([peer.whenIdle(), peer.closed]);
      peer.close();
      await peer.closed;
    },
    tellTrouble,
    closed: peer.closed,
  };
}
