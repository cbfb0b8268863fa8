import { toError } from "@orchastration/protocol";
import type { EventNotification, GapNotification, Params, Result } from "@orchastration/protocol/contract";
import { ConnectionClosedError, type Peer } from "@orchastration/protocol/rpc";

export type SubscribeOptions = Params<"events.subscribe">;
export type EventListener = (event: EventNotification) => void;

export interface Subscription {
  /** The newest event delivered, or the one before the first that will be. */
  readonly lastSeq: number;
  /** Settles when no further event will come: resolves after `unsubscribe`, rejects when the connection broke or the daemon refused. */
  readonly ended: Promise<void>;
  unsubscribe(): Promise<void>;
}

/** The subscriptions of one connection. */
export interface Subscriptions {
  /** Takes a notification of the daemon; others than those about events are ignored. */
  receive(method: string, params: unknown): void;
  subscribe(options: SubscribeOptions, listener: EventListener): Promise<Subscription>;
  /** The connection is gone. */
  end(reason: Error): void;
}

interface OpenSubscription {
  deliver(event: EventNotification): void;
  reopen(): void;
  end(reason: Error): void;
}

/**
 * Delivers every event once and in order. A reader that was too slow for the daemon is told of a gap; the missing events are then read from
 * the log, unseen by the listener.
 */
export function createSubscriptions(request: Peer["request"]): Subscriptions {
  const open = new Map<string, OpenSubscription>();

  async function subscribe(options: SubscribeOptions, listener: EventListener): Promise<Subscription> {
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    // Whoever does not look at it must not be ended by it.
    ended.catch(() => {});
    let id = "";
    let lastSeq = 0;

    const openAt = async (since: number | undefined): Promise<void> => {
      const params = { ...options, ...(since === undefined ? {} : { since }) };
      const answer = (await request("events.subscribe", params)) as Result<"events.subscribe">;
      id = answer.subscriptionId;
      lastSeq = since ?? answer.headSeq;
      open.set(id, self);
    };
    const forget = async (): Promise<void> => {
      if (!open.delete(id)) return;
      await request("events.unsubscribe", { subscriptionId: id });
    };
    const self: OpenSubscription = {
      deliver(event) {
        if (event.seq <= lastSeq) return;
        lastSeq = event.seq;
        listener(event);
      },
      reopen() {
        forget()
          .then(() => openAt(lastSeq))
          .catch((error: unknown) => self.end(toError(error)));
      },
      end(reason) {
        open.delete(id);
        reject(reason);
      },
    };

    await openAt(options.since);
    return {
      get lastSeq() {
        return lastSeq;
      },
      ended,
      async unsubscribe() {
        resolve();
        await forget().catch(ignoreClosed);
      },
    };
  }

  return {
    subscribe,
    receive(method, params) {
      if (method === "event") {
        const event = params as EventNotification;
        open.get(event.subscriptionId)?.deliver(event);
      } else if (method === "events.gap") {
        const gap = params as GapNotification;
        open.get(gap.subscriptionId)?.reopen();
      }
    },
    end(reason) {
      for (const subscription of open.values()) subscription.end(reason);
    },
  };
}

function ignoreClosed(error: unknown): void {
  if (!(error instanceof ConnectionClosedError)) throw error;
}
