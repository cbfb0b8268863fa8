import type { EventNotification, GapNotification } from "@orchastration/protocol/contract";

/** The connection events are sent over. */
export interface EventSink {
  notify(method: string, params: object): void;
  /** What was sent and not yet taken, events and everything else. */
  readonly bufferedBytes: number;
  onDrain(listener: () => void): void;
}

/** What waits for one reader, shared by its subscriptions and bounded by {@link QUEUE_LIMIT_BYTES}. */
export interface EventQueue {
  sendEvent(notification: EventNotification): void;
  sendGap(notification: GapNotification): void;
  /** No room for live events: the reader is too slow. */
  readonly isFull: boolean;
  /** No room for replays, which leave some for live events. */
  readonly isBusy: boolean;
}

export const QUEUE_LIMIT_BYTES = 1_048_576;
const REPLAY_LIMIT_BYTES = QUEUE_LIMIT_BYTES / 4;

export function createEventQueue(sink: EventSink, onDrain: () => void): EventQueue {
  /** Bytes of events since everything had been taken last. */
  let sentBytes = 0;

  function send(method: string, notification: object): void {
    const before = sink.bufferedBytes;
    if (before === 0) sentBytes = 0;
    sink.notify(method, notification);
    sentBytes += sink.bufferedBytes - before;
  }

  /** A long answer in front of the events makes no reader slow, so only events count; a part of them may have been taken. */
  const waitingBytes = () => Math.min(sentBytes, sink.bufferedBytes);

  sink.onDrain(() => {
    sentBytes = 0;
    onDrain();
  });

  return {
    sendEvent: (notification) => send("event", notification),
    sendGap: (notification) => send("events.gap", notification),
    get isFull() {
      return waitingBytes() >= QUEUE_LIMIT_BYTES;
    },
    get isBusy() {
      return waitingBytes() >= REPLAY_LIMIT_BYTES;
    },
  };
}
