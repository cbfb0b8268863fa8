import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { LineHit } from "./line-search.ts";
import type { SearchOrder, SearchQuery, SearchReport } from "./search-messages.ts";

/** One search, in a thread of its own: disposing of it ends it wherever it is. */
export interface SearchThread extends AsyncDisposable {
  /** One stream at a time. Rejects when it cannot be read. */
  search(order: SearchOrder, onHits: (hits: readonly LineHit[]) => void): Promise<void>;
}

/** It needs a few blocks of output; one that wants so much more has a defect and is ended instead of the daemon. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 };

/** The program of the worker is `search-worker` beside this file, in the sources as well as in the bundle. */
export function openSearchThread(query: SearchQuery): SearchThread {
  const url = new URL(`./search-worker${extname(import.meta.url)}`, import.meta.url);
  const thread = new Worker(url, { name: "search", workerData: query, resourceLimits: RESOURCE_LIMITS });
  let onReport: (report: SearchReport) => void = () => {};
  const { promise: crashed, reject: crash } = Promise.withResolvers<never>();
  crashed.catch(() => {});
  thread.on("message", (report: SearchReport) => onReport(report));
  thread.on("error", crash);
  // Last: a listener for messages would hold the process again.
  thread.unref();
  return {
    async search(order, onHits) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      onReport = (report) => {
        if (report.kind === "hits") onHits(report.hits);
        else if (report.kind === "done") resolve();
        else reject(new Error(report.message));
      };
      thread.postMessage(order);
      await Promise.race([promise, crashed]);
    },
    async [Symbol.asyncDispose]() {
      await thread.terminate();
    },
  };
}
