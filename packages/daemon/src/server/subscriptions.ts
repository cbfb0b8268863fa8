import { OrchastrationError } from "@orchastration/protocol";
import type { Params, Result } from "@orchastration/protocol/contract";
import { createFilter } from "./event-filter.ts";
import { createEventQueue, type EventSink } from "./event-queue.ts";
import { createSubscription, type EventSource, type Subscription } from "./subscription.ts";

export const MAX_SUBSCRIPTIONS = 1_000;

/** The subscriptions of one connection. */
export interface Subscriptions {
  subscribe(params: Params<"events.subscribe">): Result<"events.subscribe">;
  unsubscribe(subscriptionId: string): void;
  endAll(): void;
}

/** Hands committed events to every connection's subscriptions. */
export interface EventPublisher {
  connect(sink: EventSink): Subscriptions;
  close(): void;
}

/**
 * Whatever is sent to subscribers is sent in a later macrotask than the commit, or the call, that caused it: the answers those lead to are
 * written in microtasks, so they go first.
 * @param later runs a task in a later macrotask
 */
export function createEventPublisher(
  source: EventSource,
  later: (task: () => void) => void = setImmediate,
): EventPublisher {
  const live = new Set<Subscription>();
  const stop = source.onCommitted((events) =>
    later(() => {
      for (const subscription of live) subscription.onCommitted(events);
    }),
  );

  function connect(sink: EventSink): Subscriptions {
    const own = new Map<string, Subscription>();
    const queue = createEventQueue(sink, () => {
      for (const subscription of own.values()) subscription.onDrain();
    });
    let count = 0;

    function end(id: string, subscription: Subscription): void {
      subscription.end();
      live.delete(subscription);
      own.delete(id);
    }

    return {
      subscribe({ since, filter = {} }) {
        const headSeq = source.headSeq();
        const start = since ?? headSeq;
        if (start < 0 || start > headSeq) {
          throw new OrchastrationError("InvalidSeq", `since ${start} does not lie between 0 and ${headSeq}.`, {
            details: { headSeq },
          });
        }
        if (own.size >= MAX_SUBSCRIPTIONS) {
          throw new OrchastrationError(
            "LimitExceeded",
            `This connection has ${MAX_SUBSCRIPTIONS} subscriptions, which is the limit.`,
          );
        }
        const id = `s${++count}`;
        const subscription = createSubscription({
          id,
          since: start,
          isWanted: createFilter(filter),
          source,
          queue,
          later,
        });
        own.set(id, subscription);
        live.add(subscription);
        return { subscriptionId: id, headSeq };
      },
      unsubscribe(id) {
        const subscription = own.get(id);
        if (subscription === undefined) {
          throw new OrchastrationError("SubscriptionNotFound", `This connection has no subscription ${id}.`);
        }
        end(id, subscription);
      },
      endAll() {
        for (const [id, subscription] of own) end(id, subscription);
      },
    };
  }

  return { connect, close: stop };
}
