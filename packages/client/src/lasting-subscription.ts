import { ConnectionClosedError } from "@orchastration/protocol/rpc";
import type { DaemonClient } from "./client.ts";
import type { EventListener, SubscribeOptions, Subscription } from "./subscription.ts";

/** A subscription that goes from one connection to the next. */
export interface LastingSubscription extends Subscription {
  start(client: DaemonClient): Promise<void>;
  /** Goes on after the last event it delivered. A refusal ends this subscription and nothing else. */
  resume(client: DaemonClient): Promise<void>;
  /** There will be no further connection. */
  fail(reason: Error): void;
}

export function createLastingSubscription(
  wanted: SubscribeOptions,
  listener: EventListener,
  onEnd: () => void,
): LastingSubscription {
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  // Whoever does not look at it must not be ended by it.
  ended.catch(() => {});
  let current: Subscription | undefined;

  function fail(reason: Error): void {
    onEnd();
    reject(reason);
  }

  async function start(client: DaemonClient): Promise<void> {
    const since = current?.lastSeq ?? wanted.since;
    const opened = await client.subscribe(since === undefined ? wanted : { ...wanted, since }, listener);
    opened.ended.catch((error: unknown) => {
      if (error instanceof Error && !(error instanceof ConnectionClosedError)) fail(error);
    });
    current = opened;
  }

  return {
    start,
    async resume(client) {
      try {
        await start(client);
      } catch (error) {
        // The next connection tries again.
        if (error instanceof Error && !(error instanceof ConnectionClosedError)) fail(error);
      }
    },
    fail,
    get lastSeq() {
      return current?.lastSeq ?? wanted.since ?? 0;
    },
    ended,
    async unsubscribe() {
      onEnd();
      resolve();
      await current?.unsubscribe();
    },
  };
}
