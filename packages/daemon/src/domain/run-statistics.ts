import type { JobStatistics, RunState } from "@orchastration/protocol/contract";

/** What statistics need of a run that has ended. */
export interface EndedRun {
  readonly id: string;
  readonly name: string;
  readonly repository: string | null;
  readonly status: RunState["status"];
  readonly endedAt: string;
  /** Null: it was never started, or nobody knows when it ended. */
  readonly durationMs: number | null;
}

export interface StatisticsOfRuns {
  /** Newest first. */
  add(run: EndedRun): void;
  /** By name, then by repository. */
  jobs(): JobStatistics[];
}

interface Tally extends Pick<JobStatistics, "name" | "repository" | "lastFailure"> {
  succeeded: number;
  failed: number;
  stopped: number;
  readonly durations: number[];
}

/**
 * What became of the runs of each job. A run that was stopped or cancelled says nothing of its job: it counts neither in the rate nor in the
 * durations. A lost run has failed, and has no duration.
 */
export function createRunStatistics(): StatisticsOfRuns {
  const tallies = new Map<string, Tally & { lastFailure: JobStatistics["lastFailure"] }>();

  function tallyOf({ name, repository }: EndedRun) {
    const key = JSON.stringify([name, repository]);
    const known = tallies.get(key);
    if (known !== undefined) return known;
    const tally = { name, repository, succeeded: 0, failed: 0, stopped: 0, durations: [], lastFailure: null };
    tallies.set(key, tally);
    return tally;
  }

  return {
    add(run) {
      const { id, status, endedAt, durationMs } = run;
      const tally = tallyOf(run);
      if (status === "stopped" || status === "cancelled") {
        tally.stopped += 1;
        return;
      }
      if (status === "succeeded") tally.succeeded += 1;
      else {
        tally.failed += 1;
        tally.lastFailure ??= { run: id, status, at: endedAt };
      }
      if (durationMs !== null && status !== "lost") tally.durations.push(durationMs);
    },
    jobs: () => [...tallies.values()].toSorted(byName).map(toStatistics),
  };
}

function byName(left: Tally, right: Tally): number {
  return compare(left.name, right.name) || compare(left.repository ?? "", right.repository ?? "");
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

function toStatistics({ durations, ...counts }: Tally): JobStatistics {
  const { succeeded, failed, stopped } = counts;
  const sorted = Float64Array.from(durations).sort();
  return {
    ...counts,
    runs: succeeded + failed + stopped,
    successRate: succeeded + failed === 0 ? null : succeeded / (succeeded + failed),
    medianMs: percentile(sorted, 0.5),
    p95Ms: percentile(sorted, 0.95),
  };
}

/** The smallest value that is not exceeded by that share of them (nearest rank). */
function percentile(sorted: Float64Array, share: number): number | null {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? null;
}
