import type { Transport } from "./transport.ts";

/** Two ends joined in memory, for tests and for a peer in the same process. Messages arrive in order, each in a microtask of its own. */
export function createMemoryTransports(): [Transport, Transport] {
  const left = createEnd();
  const right = createEnd();
  left.connect(right);
  right.connect(left);
  return [left.transport, right.transport];
}

interface End {
  readonly transport: Transport;
  connect(other: End): void;
  receive(message: string): void;
  closed(): void;
}

function createEnd(): End {
  const messageListeners: ((message: string) => void)[] = [];
  const closeListeners: ((reason: Error | null) => void)[] = [];
  const drainListeners: (() => void)[] = [];
  let other: End | undefined;
  let bufferedBytes = 0;
  let state: "open" | "closing" | "closed" = "open";

  const close = () => {
    if (state !== "open") return;
    state = "closing";
    // Behind the messages sent before.
    queueMicrotask(() => {
      other?.closed();
      end.closed();
    });
  };
  const end: End = {
    connect(to) {
      other = to;
    },
    receive(message) {
      if (state === "open") for (const listener of messageListeners) listener(message);
    },
    closed() {
      if (state === "closed") return;
      state = "closed";
      for (const listener of closeListeners) listener(null);
    },
    transport: {
      send(message) {
        if (state !== "open") return;
        bufferedBytes += message.length;
        queueMicrotask(() => {
          bufferedBytes -= message.length;
          other?.receive(message);
          if (bufferedBytes === 0) for (const listener of drainListeners) listener();
        });
      },
      get bufferedBytes() {
        return bufferedBytes;
      },
      onMessage: (listener) => void messageListeners.push(listener),
      onClose: (listener) => void closeListeners.push(listener),
      onDrain: (listener) => void drainListeners.push(listener),
      close,
      destroy: close,
    },
  };
  return end;
}
