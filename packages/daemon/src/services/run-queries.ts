import { isId } from "@orchastration/protocol";
import type { Context, Difference, DroppedOutput, Params, Result, Run } from "@orchastration/protocol/contract";
import { hasEnded } from "../domain/run-machine.ts";
import type { RegistryReader } from "../registry/registry.ts";
import type { ConfigService } from "./config.ts";
import { diffRuns } from "./diff.ts";
import { findDroppedOutput } from "./dropped-output.ts";
import { findRun } from "./find-run.ts";
import { listJobs } from "./jobs.ts";

const DEFAULT_LIMIT = 20;

/** What can be asked about jobs and runs, from where the caller stands. */
export interface RunQueries {
  findRun(context: Context, reference: string): Promise<Run>;
  listRuns(params: Params<"run.list">): Result<"run.list">;
  listJobs(context: Context): Promise<Result<"job.list">>;
  /** That retention dropped its output. */
  findDroppedOutput(run: Run): DroppedOutput | undefined;
  diff(left: Run, right: Run): Difference[];
}

export interface RunQueriesDependencies {
  readonly registry: RegistryReader;
  readonly config: Pick<ConfigService, "load" | "surroundings">;
}

export function createRunQueries({ registry, config }: RunQueriesDependencies): RunQueries {
  return {
    async findRun(context, reference) {
      // An id says everything: the caller's files need no look.
      const exact = isId(reference) ? registry.runs.find(reference) : undefined;
      return exact ?? findRun(registry, reference, await config.surroundings(context));
    },
    listRuns: ({ name, limit = DEFAULT_LIMIT, isFailed }) => ({
      runs: [...registry.runs.list({ name, limit, isFailed })],
    }),
    listJobs: async (context) => listJobs((await config.load(context)).config, registry),
    findDroppedOutput: (run) =>
      run.isTty && hasEnded(run.state) ? findDroppedOutput(registry.events, run) : undefined,
    diff: (left, right) => diffRuns(left, right, (digest) => registry.environments.find(digest) ?? {}),
  };
}
