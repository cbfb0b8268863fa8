import { getPriority, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { digestFile, type Pause } from "./digest-file.ts";
import type { HashOrder, HashReport, HashRequest } from "./hash-messages.ts";
import type { Digest } from "./hash-outcome.ts";

/** How long a batch goes on while others wait, and the longest time until an order is noticed. */
const TURN_MS = 5;
const REPORT_INTERVAL_MS = 100;
/** About 5 ms of hashing. A batch that is larger gives its other files back, so that workers share large files. */
const BATCH_BYTES = 8 * 1024 * 1024;

if (parentPort === null) throw new Error("hash-worker runs as a worker thread of the daemon, not by itself");
const port = parentPort;

// With every core hashing, the event loop waits for a processor: this lowers its 99th percentile from 2.9 to 1.9 ms. Only
// Linux has priorities of threads; elsewhere it would be that of the whole daemon.
if (process.platform === "linux") setPriority(Math.min(getPriority() + 5, 19));

const batches = new Map<number, Generator<Pause, void>>();
/** Those that wait for nothing, in the order of their turns. */
const ready = new Set<number>();
let isTurnDue = false;

port.on("message", (order: HashOrder) => {
  switch (order.kind) {
    case "hash":
      batches.set(order.id, hashBatch(order.id, order.batch));
      makeReady(order.id);
      break;
    case "drop":
      batches.get(order.id)?.return();
      batches.delete(order.id);
      ready.delete(order.id);
      break;
  }
});

/** Does nothing for a batch that was dropped meanwhile. */
function makeReady(id: number): void {
  if (batches.has(id)) ready.add(id);
  scheduleTurn();
}

/** Orders that have arrived are handled before an immediate runs. */
function scheduleTurn(): void {
  if (isTurnDue || ready.size === 0) return;
  isTurnDue = true;
  setImmediate(takeTurn);
}

function takeTurn(): void {
  isTurnDue = false;
  const [id] = ready;
  const steps = id === undefined ? undefined : batches.get(id);
  if (id === undefined || steps === undefined) return;
  const endsAt = performance.now() + TURN_MS;
  let step: IteratorResult<Pause, void>;
  do step = steps.next();
  while (!step.done && step.value === undefined && performance.now() < endsAt);
  ready.delete(id);
  if (step.done) batches.delete(id);
  else if (step.value === undefined) ready.add(id);
  else void step.value.then(() => makeReady(id));
  scheduleTurn();
}

function* hashBatch(id: number, { files, ...rest }: HashRequest): Generator<Pause, void> {
  let digests: Digest[] = [];
  let unreportedBytes = 0;
  let batchBytes = 0;
  let reportAt = performance.now() + REPORT_INTERVAL_MS;
  let end = files.length;

  function report(file: string, filesKept: number): void {
    port.postMessage({ id, digests, bytesRead: unreportedBytes, file, filesKept } satisfies HashReport);
    digests = [];
    unreportedBytes = 0;
    reportAt = performance.now() + REPORT_INTERVAL_MS;
  }

  for (const [index, file] of files.entries()) {
    if (index === end) return;
    const digest = yield* digestFile({ file, ...rest }, (bytes) => {
      unreportedBytes += bytes;
      batchBytes += bytes;
      const hasTooMuch = batchBytes > BATCH_BYTES && index + 1 < end;
      if (hasTooMuch) end = index + 1;
      if (hasTooMuch || performance.now() >= reportAt) report(file, end - index);
    });
    digests.push(digest);
    if (index + 1 === end) report(file, 0);
    yield undefined;
  }
}
