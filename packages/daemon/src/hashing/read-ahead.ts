import { closeSync, read } from "node:fs";

/** Two of them fit into what a worker may have; smaller ones wake the thread pool more often, larger ones gain nothing. */
const AHEAD_BYTES = 1024 * 1024;

/** Made for the first large file of a thread: most never see one. */
let buffers: readonly [Buffer, Buffer] | undefined;
/** One file of a thread is read ahead at a time, so that large files leave the thread pool to others. */
let isTaken = false;
/** What the thread pool is reading. */
let underWay: { readonly descriptor: number; readonly settled: Promise<void> } | undefined;

/** Whether another file can be read ahead in this thread. */
export function canReadAhead(): boolean {
  return !isTaken && underWay === undefined;
}

/**
 * Hands out what is left of a file, at most `maxBytes`; while the caller is at work on a piece, the thread pool reads the next one,
 * which hides the quarter of the time that copying takes. Yields what to wait for before going on. Throws what the system reports.
 */
export function* readAhead(
  descriptor: number,
  maxBytes: number,
  onRead: (bytes: Uint8Array) => void,
): Generator<Promise<void>, void> {
  buffers ??= [Buffer.allocUnsafeSlow(AHEAD_BYTES), Buffer.allocUnsafeSlow(AHEAD_BYTES)];
  let [present, next] = buffers;
  let leftBytes = maxBytes;
  isTaken = true;
  try {
    let reading = startReading(descriptor, present, leftBytes);
    for (;;) {
      yield reading.settled;
      const bytes = reading.getBytes();
      leftBytes -= bytes;
      if (bytes > 0 && leftBytes > 0) reading = startReading(descriptor, next, leftBytes);
      if (bytes > 0) onRead(present.subarray(0, bytes));
      if (bytes === 0 || leftBytes === 0) return;
      [present, next] = [next, present];
    }
  } finally {
    isTaken = false;
  }
}

/** At once, or when the thread pool is done with it: until then its number must not become that of another file. */
export function closeAfterReading(descriptor: number): void {
  if (underWay?.descriptor === descriptor) void underWay.settled.then(() => closeSync(descriptor));
  else closeSync(descriptor);
}

function startReading(descriptor: number, buffer: Buffer, maxBytes: number) {
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  let outcome: { readonly error: Error | null; readonly bytes: number } | undefined;
  underWay = { descriptor, settled };
  read(descriptor, buffer, 0, Math.min(buffer.length, maxBytes), null, (error, bytes) => {
    underWay = undefined;
    outcome = { error, bytes };
    resolve();
  });
  return {
    settled,
    getBytes(): number {
      if (outcome === undefined) throw new Error("A read was asked for its bytes before it had ended");
      if (outcome.error !== null) throw outcome.error;
      return outcome.bytes;
    },
  };
}
