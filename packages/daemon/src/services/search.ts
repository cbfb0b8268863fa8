import { OrchastrationError } from "@orchastration/protocol";
import type { Params, Result, Run, SearchHit } from "@orchastration/protocol/contract";
import { openJournal } from "@orchastration/protocol/node";
import { hasEnded } from "../domain/run-machine.ts";
import type { RunReader } from "../registry/registry.ts";
import type { SearchedStream } from "../searching/search-stream.ts";
import type { openSearchThread } from "../searching/search-thread.ts";

const DEFAULT_LIMIT = 100;
/** Runs read from the registry at once. */
const PAGE = 20;
/** Each has a thread. */
const MOST_AT_ONCE = 4;

export type Search = (
  params: Omit<Params<"run.search">, "context" | "wantsProgress">,
  signal: AbortSignal,
  /** Hears of hits as they are found; what it takes is not in the result. */
  onHits: ((hits: SearchHit[]) => void) | undefined,
) => Promise<Result<"run.search">>;

export interface SearchDependencies {
  readonly runs: Pick<RunReader, "list">;
  readonly openThread: typeof openSearchThread;
  /** Bytes; 0 for a file that is not there. */
  readonly sizeOf: (file: string) => number;
}

/**
 * Looks for a text in the output of all runs, newest first, in a thread: nothing here waits for a disk.
 * @throws OrchastrationError LimitExceeded when too many searches are under way; the signal's reason
 */
export function createSearch({ runs, openThread, sizeOf }: SearchDependencies): Search {
  let underWay = 0;

  return async ({ text, isCaseIgnored = false, name, limit = DEFAULT_LIMIT }, signal, onHits) => {
    signal.throwIfAborted();
    if (underWay >= MOST_AT_ONCE) {
      throw new OrchastrationError("LimitExceeded", `${MOST_AT_ONCE} searches are under way already`, {
        hint: "Wait for one of them to end, or cancel it.",
      });
    }
    underWay += 1;
    try {
      await using thread = openThread({ text, isCaseIgnored });
      const { promise: aborted, reject } = Promise.withResolvers<never>();
      aborted.catch(() => {});
      const onAbort = (): void => reject(signal.reason);
      signal.addEventListener("abort", onAbort);
      try {
        return await Promise.race([searchAll(thread, { name, limit }, onHits), aborted]);
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    } finally {
      underWay -= 1;
    }
  };

  async function searchAll(
    thread: ReturnType<typeof openThread>,
    { name, limit }: { readonly name: string | undefined; readonly limit: number },
    onHits: ((hits: SearchHit[]) => void) | undefined,
  ): Promise<Result<"run.search">> {
    const kept: SearchHit[] = [];
    const take = onHits ?? ((hits: SearchHit[]) => void kept.push(...hits));
    let found = 0;
    let searchedRuns = 0;
    for (const run of runsNewestFirst(name)) {
      for (const [stream, searched] of streamsOf(run)) {
        await thread.search({ stream: searched, mostHits: limit - found }, (hits) => {
          found += hits.length;
          take(hits.map((hit) => ({ run: run.id, name: run.name, stream, ...hit })));
        });
        if (found >= limit) return { hits: kept, searchedRuns: searchedRuns + 1, isLimited: true };
      }
      searchedRuns += 1;
    }
    return { hits: kept, searchedRuns, isLimited: false };
  }

  function* runsNewestFirst(name: string | undefined): Generator<Run, void> {
    for (let before: string | undefined; ; ) {
      const page = runs.list({ name, before, limit: PAGE });
      yield* page;
      before = page.at(-1)?.id;
      if (before === undefined) return;
    }
  }

  /** Those that can have something in them. What a surviving descendant appends after the end is not the run's. */
  function streamsOf(run: Run): readonly (readonly [SearchHit["stream"], SearchedStream])[] {
    const { stdoutPath, stderrPath } = run.output;
    if (run.state.status === "queued") return [];
    const summary = hasEnded(run.state) && "summary" in run.state ? run.state.summary : undefined;
    if (run.isTty) {
      const endOffset = summary?.stdoutBytes ?? openJournal(stdoutPath).endOffset;
      return endOffset === 0 ? [] : [["stdout", { kind: "journal", directory: stdoutPath, endOffset }]];
    }
    const stdoutBytes = summary?.stdoutBytes ?? sizeOf(stdoutPath);
    const stderrBytes = summary?.stderrBytes ?? sizeOf(stderrPath);
    const files = [
      ["stdout", { kind: "file", path: stdoutPath, endOffset: stdoutBytes }],
      ["stderr", { kind: "file", path: stderrPath, endOffset: stderrBytes }],
    ] as const;
    return files.filter(([, { endOffset }]) => endOffset > 0);
  }
}
