import { exitCodeOf, jobRecordOf, runFacts } from "@orchastration/protocol";
import type { Document, JobStatistics, Result, Run } from "@orchastration/protocol/contract";
import { cancellable } from "../cancellable.ts";
import type { Action } from "../command.ts";
import { UsageError } from "../command-error.ts";
import type { Args } from "../command-spec.ts";
import type { runs } from "../commands/runs.ts";
import type { Context } from "../context.ts";
import { count, formatArgv, formatDuration, formatPercentage, formatTime } from "../output/format.ts";

const LISTED = 20;
const PLOTTED = 100;
/** Of a plot on something that has no width of its own. */
const COLUMNS = 80;

type Wanted = Args<typeof runs>;

export const run: Action<typeof runs> = async (context, wanted) => {
  if (wanted.stats && wanted.plot) throw new UsageError("--stats and --plot show different things.", "Ask for one.");
  if (wanted.stats) return await cancellable(context, async (signal) => await showStatistics(context, wanted, signal));
  const { runs } = await context.ask("run.list", {
    context: context.caller,
    limit: wanted.limit ?? (wanted.plot ? PLOTTED : LISTED),
    ...filterOf(wanted),
  });
  if (context.globals.json) {
    await context.output.json<"runList">({ runs: runs.map(jobRecordOf) });
    return 0;
  }
  if (runs.length === 0) return await sayNothing(context);
  if (wanted.plot) return await showPlot(context, runs);
  const { printTable } = await import("../output/table.ts");
  await printTable(context, columns, runs);
  return 0;
};

function filterOf({ name, failed }: Wanted): { readonly name?: string; readonly isFailed?: true } {
  return { ...(name === undefined ? {} : { name }), ...(failed ? { isFailed: true } : {}) };
}

async function sayNothing({ output }: Context): Promise<number> {
  await output.note("No such run is recorded.");
  return 0;
}

async function showPlot({ stdout, colorWishes, output }: Context, runs: readonly Run[]): Promise<number> {
  const { plotRuns } = await import("../output/plot.ts");
  const { colorsFor } = await import("../output/colors.ts");
  const lines = plotRuns(runs, {
    width: stdout.columns ?? COLUMNS,
    nowMs: Date.now(),
    colors: colorsFor(stdout, colorWishes),
  });
  await output.print(lines.join("\n"));
  return 0;
}

async function showStatistics(context: Context, wanted: Wanted, signal: AbortSignal): Promise<number> {
  const client = await context.connect();
  const { limit } = wanted;
  const params = { context: context.caller, ...(limit === undefined ? {} : { limit }), ...filterOf(wanted) };
  const statistics = await client.call("run.stats", params, { signal });
  client.close();
  if (context.globals.json) {
    await context.output.json<"runList">(statisticsDocument(statistics));
    return 0;
  }
  if (statistics.jobs.length === 0) return await sayNothing(context);
  const { printTable } = await import("../output/table.ts");
  await printTable(context, statisticsColumns, statistics.jobs);
  await context.output.note(`Of the newest ${count(statistics.runs, "run")} that ended.`);
  return 0;
}

function statisticsDocument({ runs, jobs }: Result<"run.stats">): Document<"runList"> {
  return {
    runs,
    jobs: jobs.map(({ name, successRate, medianMs, p95Ms, lastFailure, ...same }) => ({
      job_name: name,
      ...same,
      success_rate: successRate,
      median_ms: medianMs,
      p95_ms: p95Ms,
      last_failure:
        lastFailure === null ? null : { run_id: lastFailure.run, status: lastFailure.status, time: lastFailure.at },
    })),
  };
}

const columns = [
  { title: "RUN", value: ({ id }: Run) => id },
  { title: "JOB", value: ({ name }: Run) => name },
  { title: "STATUS", value: ({ state }: Run) => state.status },
  { title: "EXIT", value: ({ state }: Run) => String(exitCodeOf(state) ?? "-") },
  { title: "STARTED", value: ({ state, queuedAt }: Run) => formatTime(runFacts(state).startedAt ?? queuedAt) },
  { title: "DURATION", value: ({ state }: Run) => formatDuration(runFacts(state).durationMs) },
  { title: "COMMAND", value: ({ argv }: Run) => formatArgv(argv) },
];

const statisticsColumns = [
  { title: "JOB", value: ({ name }: JobStatistics) => name },
  { title: "RUNS", value: ({ runs }: JobStatistics) => String(runs) },
  { title: "FAILED", value: ({ failed }: JobStatistics) => String(failed) },
  { title: "STOPPED", value: ({ stopped }: JobStatistics) => String(stopped) },
  { title: "SUCCESS", value: ({ successRate }: JobStatistics) => formatPercentage(successRate) },
  { title: "MEDIAN", value: ({ medianMs }: JobStatistics) => formatDuration(medianMs) },
  { title: "P95", value: ({ p95Ms }: JobStatistics) => formatDuration(p95Ms) },
  { title: "LAST FAILURE", value: ({ lastFailure }: JobStatistics) => formatTime(lastFailure?.at ?? null) },
  { title: "FAILED RUN", value: ({ lastFailure }: JobStatistics) => lastFailure?.run ?? "-" },
  { title: "REPOSITORY", value: ({ repository }: JobStatistics) => repository ?? "-" },
];
