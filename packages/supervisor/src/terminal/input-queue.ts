import type { Clock } from "../clock.ts";

/** A program that reads slowly makes room within microseconds: worth a few turns of the loop before any timer. */
const QUICK_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

export interface InputQueue {
  write(bytes: Uint8Array): void;
  readonly queuedBytes: number;
  /** Drops what was not taken. */
  close(): void;
}

/**
 * Input of a program, in order. What the program does not take is offered again in growing intervals, since nothing tells when it reads.
 * @param offer gives bytes to the terminal and answers how many it took; 0 when it is full
 */
export function createInputQueue(clock: Clock, onTaken: () => void, offer: (bytes: Uint8Array) => number): InputQueue {
  let queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let failures = 0;
  let isClosed = false;
  let cancelRetry: (() => void) | undefined;

  function flush(): void {
    cancelRetry = undefined;
    const before = queuedBytes;
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      const taken = offer(head);
      queuedBytes -= taken;
      if (taken === head.length) queue.shift();
      else if (taken > 0) queue[0] = head.subarray(taken);
      else break;
    }
    failures = queuedBytes < before ? 0 : failures + 1;
    if (queuedBytes > 0) retry();
    if (queuedBytes < before) onTaken();
  }

  function retry(): void {
    if (isClosed) return;
    if (failures < QUICK_ATTEMPTS) {
      const immediate = setImmediate(flush);
      cancelRetry = () => clearImmediate(immediate);
      return;
    }
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - QUICK_ATTEMPTS, 10));
    cancelRetry = clock.after(pauseMs, flush);
  }

  return {
    write(bytes) {
      if (isClosed || bytes.length === 0) return;
      queue.push(bytes);
      queuedBytes += bytes.length;
      if (cancelRetry === undefined) flush();
    },
    get queuedBytes() {
      return queuedBytes;
    },
    close() {
      isClosed = true;
      cancelRetry?.();
      queue = [];
      queuedBytes = 0;
    },
  };
}
