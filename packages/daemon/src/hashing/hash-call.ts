import type { HashReport, HashRequest } from "./hash-messages.ts";
import { type Digest, type HashOutcome, toOutcome } from "./hash-outcome.ts";
import type { HashWorker, WorkerPool } from "./worker-pool.ts";

/** One message per small file takes 7.6 times as long as `sha256sum`; batches of this size half as long. */
const BATCH_FILES = 500;

/** Disposing of it drops what is not hashed yet. */
export type HashCall = Disposable & {
  /** In the order of the files. Rejects when a worker crashes or `advance` throws. */
  readonly outcomes: Promise<HashOutcome[]>;
};

/** A part of the files of a call: `from` inclusive, `to` exclusive. */
type Span = { readonly from: number; readonly to: number };

/**
 * Spreads the files of one call over the workers. A worker holds at most one batch of a call and takes turns between the
 * batches it holds, so every call has its share of every worker at once, however much the others have asked for.
 */
export function startHashCall(
  pool: WorkerPool,
  { files, ...rest }: HashRequest,
  advance: (files: number, bytes: number, file: string) => void,
): HashCall {
  const { promise, resolve, reject } = Promise.withResolvers<HashOutcome[]>();
  const outcomes = new Array<HashOutcome>(files.length);
  const drops = new Map<HashWorker, () => void>();
  let waiting: Span[] = [{ from: 0, to: files.length }];
  let filesLeft = files.length;

  function feedWorkers(): void {
    for (let span = waiting.shift(); span !== undefined; span = waiting.shift()) {
      const worker = pool.findWorker((candidate) => !drops.has(candidate));
      if (worker === undefined) {
        waiting.unshift(span);
        return;
      }
      const middle = Math.min(span.from + BATCH_FILES, span.to);
      if (middle < span.to) waiting.unshift({ from: middle, to: span.to });
      startBatch(worker, { from: span.from, to: middle });
    }
  }

  function startBatch(worker: HashWorker, { from, to }: Span): void {
    let next = from;
    let end = to;

    function take({ digests, bytesRead, file, filesKept }: HashReport): void {
      for (const digest of digests) {
        record(next, digest);
        next += 1;
      }
      const keptEnd = next + filesKept;
      if (keptEnd < end) waiting.unshift({ from: keptEnd, to: end });
      end = keptEnd;
      if (filesKept === 0) drops.delete(worker);
      advance(digests.length, bytesRead, file);
      if (filesLeft === 0) resolve(outcomes);
      else feedWorkers();
    }

    function onReport(report: HashReport): void {
      try {
        take(report);
      } catch (error) {
        reject(error);
      }
    }

    drops.set(worker, worker.hash({ files: files.slice(from, to), ...rest }, { onReport, onCrash: reject }));
  }

  function record(index: number, digest: Digest): void {
    const file = files[index];
    if (file === undefined) throw new Error(`A hash worker answered for file ${index} of ${files.length}`);
    outcomes[index] = toOutcome(file, rest.algorithm, digest);
    filesLeft -= 1;
  }

  feedWorkers();
  return {
    outcomes: promise,
    [Symbol.dispose]() {
      waiting = [];
      for (const drop of drops.values()) drop();
    },
  };
}
