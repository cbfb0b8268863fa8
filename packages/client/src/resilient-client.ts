import { setTimeout as delay } from "node:timers/promises";
import { OrchastrationError, toError } from "@orchastration/protocol";
import type { MethodName, Params, Result } from "@orchastration/protocol/contract";
import { monotonicMs } from "@orchastration/protocol/node";
import { ConnectionClosedError, type RequestOptions } from "@orchastration/protocol/rpc";
import type { DaemonClient } from "./client.ts";
import { DaemonUnreachableError } from "./client-error.ts";
import { type ConnectOptions, connect, DEFAULT_DEADLINE_MS } from "./connect.ts";
import { createLastingSubscription, type LastingSubscription } from "./lasting-subscription.ts";
import type { EventListener, SubscribeOptions, Subscription } from "./subscription.ts";

export interface ResilientOptions extends ConnectOptions {
  /** Called when the connection broke and is about to be made anew. */
  readonly onLost?: (reason: Error | null) => void;
  readonly onReconnected?: (client: DaemonClient) => void;
}

/**
 * A client that outlives its connection: when the daemon dies or is replaced, it connects again (launching one if it was told how), and its
 * subscriptions go on after the last event they delivered.
 */
export interface ResilientClient extends Pick<DaemonClient, "call" | "subscribe"> {
  close(): void;
}

/** Sent twice, these would start two runs. */
const NOT_REPEATABLE: ReadonlySet<MethodName> = new Set<MethodName>([
  "job.run",
  "run.rerun",
  "orchestration.run",
  "git.createIssue",
]);

/** Connections that break sooner count as one outage, whose deadline goes on. */
const STABLE_AFTER_MS = 5_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** @throws {DaemonUnreachableError} @throws {OrchastrationError} as {@link connect} does, at first and for every attempt to reconnect. */
export async function connectResiliently(options: ResilientOptions): Promise<ResilientClient> {
  const { onLost = () => {}, onReconnected = () => {}, deadlineMs = DEFAULT_DEADLINE_MS } = options;
  const subscriptions = new Set<LastingSubscription>();
  let isClosed = false;
  let connectedAt = 0;
  let outage: { readonly beganAt: number; failures: number } | undefined;
  let connection = open();
  await connection;

  async function open(): Promise<DaemonClient> {
    const client = await connect(options);
    connectedAt = monotonicMs();
    void client.closed.then((reason) => {
      if (isClosed) return;
      onLost(reason);
      connection = reopen();
      // Seen by whoever calls next, and by every subscription.
      connection.catch(() => {});
    });
    return client;
  }

  async function reopen(): Promise<DaemonClient> {
    const now = monotonicMs();
    if (outage === undefined || now - connectedAt > STABLE_AFTER_MS) outage = { beganAt: now, failures: 0 };
    try {
      if (now - outage.beganAt > deadlineMs) throw keepsBreaking(outage.failures);
      if (outage.failures > 0) await delay(Math.min(FIRST_PAUSE_MS * 2 ** outage.failures, LONGEST_PAUSE_MS));
      outage.failures++;
      const client = await open();
      for (const subscription of subscriptions) await subscription.resume(client);
      onReconnected(client);
      return client;
    } catch (error) {
      const reason = toError(error);
      for (const subscription of subscriptions) subscription.fail(reason);
      throw error;
    }
  }

  /** Repeats `attempt` on the next connection for as long as it fails for want of one. */
  async function persist<T>(attempt: (client: DaemonClient) => Promise<T>, isRepeatable: boolean): Promise<T> {
    for (;;) {
      const client = await connection;
      try {
        return await attempt(client);
      } catch (error) {
        const isRefused = error instanceof OrchastrationError && error.kind === "DaemonStopping";
        const isLost = error instanceof ConnectionClosedError && isRepeatable;
        if (isClosed || !(isRefused || isLost)) throw error;
      }
      await client.closed;
    }
  }

  function call<M extends MethodName>(method: M, params: Params<M>, request?: RequestOptions): Promise<Result<M>> {
    return persist((client) => client.call(method, params, request), !NOT_REPEATABLE.has(method));
  }

  async function subscribe(wanted: SubscribeOptions, listener: EventListener): Promise<Subscription> {
    const subscription = createLastingSubscription(wanted, listener, () => subscriptions.delete(subscription));
    await persist((client) => subscription.start(client), true);
    subscriptions.add(subscription);
    return subscription;
  }

  return {
    call,
    subscribe,
    close() {
      isClosed = true;
      connection.then(
        (client) => client.close(),
        () => {},
      );
    },
  };
}

function keepsBreaking(failures: number): DaemonUnreachableError {
  return new DaemonUnreachableError(
    `The daemon cannot be reached: the connection broke ${failures} times in a row.`,
    "`orchastration daemon logs` says why it ends.",
  );
}
