import { setImmediate as nextTurn } from "node:timers/promises";
import type { Params, Result } from "@orchastration/protocol/contract";
import { createRunStatistics } from "../domain/run-statistics.ts";
import type { RunReader } from "../registry/registry.ts";

const DEFAULT_LIMIT = 10_000;
/** Runs read before others have their turn: some milliseconds. */
const PAGE = 200;

export type RunStatistics = (
  params: Pick<Params<"run.stats">, "name" | "limit" | "isFailed">,
  signal: AbortSignal,
) => Promise<Result<"run.stats">>;

/**
 * Counts the newest runs that have ended, in turns with everybody else.
 * @throws the signal's reason
 */
export function createStatistics(runs: Pick<RunReader, "listEnded">): RunStatistics {
  return async ({ name, limit = DEFAULT_LIMIT, isFailed = false }, signal) => {
    const statistics = createRunStatistics();
    let counted = 0;
    let before: number | undefined;
    while (counted < limit) {
      const page = runs.listEnded({ name, before, limit: Math.min(PAGE, limit - counted) });
      const last = page.at(-1);
      if (last === undefined) break;
      page.forEach(statistics.add);
      counted += page.length;
      before = last.key;
      await nextTurn();
      signal.throwIfAborted();
    }
    const jobs = statistics.jobs();
    return { runs: counted, jobs: isFailed ? jobs.filter(({ failed }) => failed > 0) : jobs };
  };
}
