import { getPriority, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "@orchastration/protocol";
import type { SearchOrder, SearchQuery, SearchReport } from "./search-messages.ts";
import { searchStream } from "./search-stream.ts";
import { createTextFinder } from "./text-finder.ts";

if (parentPort === null) throw new Error("search-worker runs as a worker thread of the daemon, not by itself");
const port = parentPort;

// A search has time; who types has not. Only Linux has priorities of threads: elsewhere it would be that of the whole daemon.
if (process.platform === "linux") setPriority(Math.min(getPriority() + 5, 19));

const { text, isCaseIgnored } = workerData as SearchQuery;
const finder = createTextFinder(text, isCaseIgnored);

port.on("message", (order: SearchOrder) => {
  try {
    search(order);
    report({ kind: "done" });
  } catch (error) {
    report({ kind: "failed", message: messageOf(error) });
  }
});

function search({ stream, mostHits }: SearchOrder): void {
  let left = mostHits;
  for (const found of searchStream(stream, finder)) {
    const hits = found.slice(0, left);
    if (hits.length > 0) report({ kind: "hits", hits });
    left -= hits.length;
    if (left === 0) return;
  }
}

function report(message: SearchReport): void {
  port.postMessage(message);
}
