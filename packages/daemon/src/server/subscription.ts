import type { StoredEvent } from "@orchastration/protocol/contract";
import type { EventQueue } from "./event-queue.ts";

/** The event log as subscriptions see it. */
export interface EventSource {
  /** The newest committed seq; 0 when there is none. */
  headSeq(): number;
  /** Committed events with a greater seq, in order, at most `limit`. */
  readAfter(seq: number, limit: number): readonly StoredEvent[];
  /** Tells of every commit, once its events can be read. Answers how to stop that. */
  onCommitted(listener: (events: readonly StoredEvent[]) => void): () => void;
}

export interface SubscriptionOptions {
  readonly id: string;
  /** Only later events are sent. */
  readonly since: number;
  readonly isWanted: (event: StoredEvent) => boolean;
  readonly source: Pick<EventSource, "readAfter">;
  readonly queue: EventQueue;
  /** Runs the task in a later macrotask. */
  readonly later: (task: () => void) => void;
}

export interface Subscription {
  onCommitted(events: readonly StoredEvent[]): void;
  onDrain(): void;
  end(): void;
}

/** Events read from the log before others have their turn. */
const PAGE_EVENTS = 100;

/**
 * Delivers every wanted event after `since` once, in the order of the log: first from the log, at the reader's pace, then as they are committed.
 * When the reader does not take live events, those that find no room are not sent; once it has taken what was queued, one gap names them and
 * the subscription goes on with what is committed from then on.
 */
export function createSubscription(options: SubscriptionOptions): Subscription {
  const { id, since, isWanted, source, queue, later } = options;
  let state: "replaying" | "paused" | "live" | "ended" = "replaying";
  /** Every event up to this one has been dealt with. */
  let cursor = since;
  let gap: { readonly from: number; to: number } | undefined;

  function replay(): void {
    if (state !== "replaying") return;
    const page = source.readAfter(cursor, PAGE_EVENTS);
    if (page.length === 0) {
      state = "live";
      return;
    }
    for (const event of page) {
      if (queue.isBusy) {
        state = "paused";
        return;
      }
      cursor = event.seq;
      if (isWanted(event)) send(event);
    }
    later(replay);
  }

  function send({ seq, name, at, actor, entity, payload }: StoredEvent): void {
    queue.sendEvent({ subscriptionId: id, seq, name, at, actor, entity, payload });
  }

  function offer(event: StoredEvent): void {
    cursor = event.seq;
    if (!isWanted(event)) return;
    if (gap !== undefined) gap.to = event.seq;
    else if (queue.isFull) gap = { from: event.seq, to: event.seq };
    else send(event);
  }

  later(replay);

  return {
    onCommitted(events) {
      if (state !== "live") return;
      for (const event of events) if (event.seq > cursor) offer(event);
    },
    onDrain() {
      if (gap !== undefined) queue.sendGap({ subscriptionId: id, ...gap });
      gap = undefined;
      if (state !== "paused") return;
      state = "replaying";
      replay();
    },
    end() {
      state = "ended";
    },
  };
}
