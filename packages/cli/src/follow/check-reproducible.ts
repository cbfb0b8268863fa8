import { resolve } from "node:path";
import type { ResilientClient } from "@orchastration/client";
import { jobRecordOf, runFacts, toPlainText } from "@orchastration/protocol";
import type { ObservedFile, Run } from "@orchastration/protocol/contract";
import { UsageError } from "../command-error.ts";
import type { Context } from "../context.ts";
import { exitCodeAfter } from "./report-end.ts";
import { type ReportEnd, runToEnd } from "./run-to-end.ts";
import { stampOfFile, untilFileTimesDiffer } from "./stamp-of-file.ts";

interface Asked {
  readonly job: string | undefined;
  readonly detach: boolean;
}

/** By declared output; see `stampOfFile`. */
type Stamps = ReadonlyMap<string, string | null>;

interface Comparison {
  readonly path: string;
  readonly first: string | null;
  readonly second: string | null;
  /** Whether the second run wrote it. One that it left alone is the first run's. */
  readonly isMadeAgain: boolean;
}

/**
 * Runs a job twice, one after the other, and compares what it declared to make, by what the daemon recorded of it. Answers 0 when nothing differs; a
 * run that fails ends it with its exit code.
 */
export async function checkReproducible(
  context: Context,
  { job, detach }: Asked,
  start: (client: ResilientClient) => Promise<Run>,
): Promise<number> {
  if (detach) throw new UsageError("--check-reproducible waits for both runs.", "Leave --detach out.");
  await requireOutputs(context, job);
  const report: ReportEnd | undefined = context.globals.json
    ? async (_client, run, { state }, stopSignal) => exitCodeAfter(run, state, stopSignal)
    : undefined;
  const runs: Run[] = [];
  const runOnce = async (): Promise<number> => {
    const ids: string[] = [];
    const begin = async (client: ResilientClient): Promise<Run> => {
      const run = await start(client);
      ids.push(run.id);
      return run;
    };
    const exitCode = await runToEnd(context, false, begin, report);
    for (const run of ids) runs.push((await context.ask("run.get", { context: context.caller, run })).run);
    return exitCode;
  };
  let exitCode = await runOnce();
  const before = await stampsOf(runs[0]);
  if (exitCode === 0) {
    await untilFileTimesDiffer();
    exitCode = await runOnce();
  }
  const compared = compare(runs, before, await stampsOf(runs[1]));
  const different = compared.filter(
    ({ first, second, isMadeAgain }) => first !== second || first === null || !isMadeAgain,
  );
  const isReproducible = exitCode === 0 && different.length === 0;
  await say(context, runs, compared, different, isReproducible);
  return exitCode === 0 && !isReproducible ? 1 : exitCode;
}

async function requireOutputs({ ask, caller }: Context, name: string | undefined): Promise<void> {
  const { jobs } = await ask("job.list", { context: caller });
  const job = jobs.find((candidate) => candidate.name === name);
  // One that is not there is refused in the words of `run`.
  if (name !== undefined && (job === undefined || job.outputs.length > 0)) return;
  throw new UsageError(
    name === undefined
      ? "A command line declares no outputs to compare."
      : `Job ${name} declares no outputs to compare.`,
    'Name the files it makes in the configuration: outputs = ["..."] in its [jobs.<name>].',
  );
}

/** What was declared is left where it is, as it may be somebody's work: it is looked at instead whether the second run wrote it. */
async function stampsOf(run: Run | undefined): Promise<Stamps> {
  if (run === undefined) return new Map();
  const { workingDir, declaredOutputs = [] } = run;
  const stamps = declaredOutputs.map(async (path) => [path, await stampOfFile(resolve(workingDir, path))] as const);
  return new Map(await Promise.all(stamps));
}

function compare(runs: readonly Run[], before: Stamps, after: Stamps): Comparison[] {
  const [first = [], second = []] = runs.map(({ state }) => runFacts(state).summary?.files ?? []);
  const digestIn = (files: readonly ObservedFile[], path: string): string | null =>
    files.find((file) => file.path === path)?.sha256 ?? null;
  return first.map(({ path }) => ({
    path,
    first: digestIn(first, path),
    second: digestIn(second, path),
    isMadeAgain: before.get(path) !== after.get(path),
  }));
}

function describeDifference({ path, first, second, isMadeAgain }: Comparison): string {
  if (first === second && first !== null && !isMadeAgain) {
    return `${path}: the second run did not write it; what is there is the first one's`;
  }
  return `${path}: ${first ?? "missing"} != ${second ?? "missing"}`;
}

async function say(
  { globals, output }: Context,
  runs: readonly Run[],
  compared: readonly Comparison[],
  different: readonly Comparison[],
  isReproducible: boolean,
): Promise<void> {
  if (globals.json) {
    await output.json<"run">({
      reproducible: isReproducible,
      runs: runs.map(jobRecordOf),
      outputs: compared.map(({ path, first, second, isMadeAgain }) => ({
        path,
        first,
        second,
        made_again: isMadeAgain,
      })),
    });
    return;
  }
  if (runs.length < 2) return;
  for (const comparison of different) await output.print(toPlainText(describeDifference(comparison)));
  const name = runs[0]?.name ?? "";
  await output.note(
    isReproducible
      ? `reproducible=yes job=${name} outputs=${compared.length}`
      : `reproducible=no job=${name} outputs=${compared.length} different=${different.length}. More: \`orchastration diff ${runs.map(({ id }) => id).join(" ")}\``,
  );
}
