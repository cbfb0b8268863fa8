import { Worker } from "node:worker_threads";
import type { Clock } from "./clock.ts";
import type { HashOrder, HashReport, HashRequest } from "./hash-messages.ts";

export type BatchListener = {
  onReport(report: HashReport): void;
  /** The worker is gone, and what it had not reported with it. */
  onCrash(error: Error): void;
};

export type HashWorker = {
  readonly batchCount: number;
  /** Returns the function that drops the batch: from then on the listener hears nothing of it. */
  hash(batch: HashRequest, listener: BatchListener): () => void;
};

export type WorkerPool = {
  /** The least busy of the workers for which `isWanted` holds; a new one rather than a busy one, while there is room. */
  findWorker(isWanted: (worker: HashWorker) => boolean): HashWorker | undefined;
  close(): Promise<void>;
};

export type WorkerPoolOptions = {
  readonly workerUrl: URL;
  readonly workerCount: number;
  /** A worker without work for so long is ended. */
  readonly idleMs: number;
  readonly clock: Clock;
};

/** A worker needs about 10 MiB; one that wants so much more has a defect and is ended instead of the daemon. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };

/** Starts workers when they are needed, each unable to keep the process alive. */
export function createWorkerPool({ workerUrl, workerCount, idleMs, clock }: WorkerPoolOptions): WorkerPool {
  const threads = new Map<HashWorker, Worker>();

  async function end(worker: HashWorker): Promise<void> {
    const thread = threads.get(worker);
    threads.delete(worker);
    await thread?.terminate();
  }

  function startWorker(): HashWorker {
    const thread = new Worker(workerUrl, { name: "hash", resourceLimits: RESOURCE_LIMITS });
    const listeners = new Map<number, BatchListener>();
    let lastId = 0;
    let crash: unknown;
    let cancelEnd = (): void => {};

    const order = (message: HashOrder): void => thread.postMessage(message);

    function forget(id: number): boolean {
      const isKnown = listeners.delete(id);
      if (isKnown && listeners.size === 0) cancelEnd = clock.after(idleMs, () => void end(worker));
      return isKnown;
    }

    const worker: HashWorker = {
      get batchCount() {
        return listeners.size;
      },
      hash(batch, listener) {
        cancelEnd();
        lastId += 1;
        const id = lastId;
        listeners.set(id, listener);
        order({ kind: "hash", id, batch });
        return () => {
          if (forget(id)) order({ kind: "drop", id });
        };
      },
    };

    thread.on("message", (report: HashReport) => {
      const listener = listeners.get(report.id);
      if (report.filesKept === 0) forget(report.id);
      listener?.onReport(report);
    });
    thread.on("error", (error) => {
      crash = error;
      threads.delete(worker);
    });
    thread.on("exit", () => {
      threads.delete(worker);
      cancelEnd();
      const crashed = [...listeners.values()];
      listeners.clear();
      for (const listener of crashed) listener.onCrash(describeCrash(crash));
    });
    // Last: a listener for messages would hold the process again.
    thread.unref();
    threads.set(worker, thread);
    return worker;
  }

  return {
    findWorker(isWanted) {
      const wanted = [...threads.keys()].filter(isWanted).sort((a, b) => a.batchCount - b.batchCount);
      const [leastBusy] = wanted;
      const hasRoom = threads.size < workerCount;
      return hasRoom && leastBusy?.batchCount !== 0 ? startWorker() : leastBusy;
    },
    async close() {
      await Promise.all([...threads.keys()].map(end));
    },
  };
}

function describeCrash(cause: unknown): Error {
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  const message = `A hash worker ended while it was hashing${reason}. Nothing was changed; ask again, a new one is started.`;
  return new Error(message, { cause });
}
