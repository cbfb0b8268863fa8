import { z } from "zod";
import { defineMethods } from "../define.ts";
import { context, droppedOutput, run, runId, runReference, timestamp } from "../entities.ts";
import { exampleContext, exampleQueuedRun, exampleRun } from "./examples.ts";
import { runOptions } from "./job.ts";

const reference = { context, run: runReference };
const notFound = ["RunNotFound", "AmbiguousRun"] as const;
const stoppedRun = {
  ...exampleRun,
  state: {
    status: "stopping",
    startedAt: "2026-11-01T09:15:00.004Z",
    process: { pid: 4260, startTime: "891234", bootId: "6f1c2b0e-8a5d-4e0f-9b1a-2f4f5a3f7c11" },
    reason: "stopped",
  },
};

export const difference = z.object({
  field: z
    .string()
    .describe(
      "What differs: `argv`, `working_dir`, `environment`, `base`, `inputs`, `program`, `outputs`, `stdout`, `stderr`, `exit`, `duration_ms`, `binary_version`, ...",
    ),
  left: z.unknown(),
  right: z.unknown(),
});

export const searchHit = z.object({
  run: runId,
  name: z.string().describe("The run's name."),
  stream: z.enum(["stdout", "stderr"]),
  offset: z.int().min(0).describe("Where the text begins in the stream: the first one of its line."),
  line: z.string().describe("The line without control characters; of a long one what is around the text."),
});

export const jobStatistics = z.object({
  name: z.string(),
  repository: z.string().nullable().describe("Null: the global configuration."),
  runs: z.int().min(1),
  succeeded: z.int().min(0),
  failed: z.int().min(0).describe("Failed, timed out or lost."),
  stopped: z.int().min(0).describe("Stopped or cancelled: in neither the rate nor the durations."),
  successRate: z.number().min(0).max(1).nullable().describe("Of those that succeeded or failed; null without any."),
  medianMs: z.number().min(0).nullable(),
  p95Ms: z.number().min(0).nullable().describe("95 of 100 runs took no longer."),
  lastFailure: z
    .object({ run: runId, status: z.string(), at: timestamp })
    .nullable()
    .describe("The newest run that failed."),
});

export type JobStatistics = z.infer<typeof jobStatistics>;
export type SearchHit = z.infer<typeof searchHit>;
export type Difference = z.infer<typeof difference>;

export const runMethods = defineMethods({
  "run.list": {
    summary: "Recorded runs, newest first.",
    since: "0.1.0",
    params: z.object({
      context,
      name: z.string().optional().describe("Only runs of this job; `adhoc` for commands given on the command line."),
      limit: z.int().min(1).max(1_000).optional(),
      isFailed: z.boolean().optional(),
    }),
    result: z.object({ runs: z.array(run) }),
    errors: [],
    example: { params: { context: exampleContext, limit: 1 }, result: { runs: [exampleRun] } },
  },
  "run.stats": {
    summary: "What became of the newest runs that have ended, by job.",
    since: "0.2.0",
    params: z.object({
      context,
      name: z.string().optional().describe("Only runs of this job; `adhoc` for commands given on the command line."),
      limit: z.int().min(1).max(1_000_000).optional().describe("Runs that are counted; 10,000 when absent."),
      isFailed: z.boolean().optional().describe("Only jobs of which a run has failed."),
    }),
    result: z.object({ runs: z.int().min(0).describe("How many were counted."), jobs: z.array(jobStatistics) }),
    errors: ["RequestCancelled"],
    isLong: true,
    example: {
      params: { context: exampleContext, name: "sample" },
      result: {
        runs: 20,
        jobs: [
          {
            name: "sample",
            repository: null,
            runs: 20,
            succeeded: 18,
            failed: 1,
            stopped: 1,
            successRate: 18 / 19,
            medianMs: 12.5,
            p95Ms: 40.25,
            lastFailure: { run: "7k3m9q2x5r8t", status: "failed", at: "2026-11-01T09:15:00.000Z" },
          },
        ],
      },
    },
  },
  "run.get": {
    summary: "One run.",
    since: "0.1.0",
    params: z.object(reference),
    result: z.object({
      run,
      droppedOutput: droppedOutput.optional().describe("There when retention dropped the output of its terminal."),
    }),
    errors: notFound,
    example: { params: { context: exampleContext, run: "7k3m" }, result: { run: exampleRun } },
  },
  "run.stop": {
    summary:
      "Ask the whole process tree of a run to end, and end it after the grace period. A queued run is cancelled.",
    since: "0.1.0",
    params: z.object({
      ...reference,
      kill: z.boolean().optional().describe("Skip the grace period."),
    }),
    result: z.object({ run }),
    errors: [...notFound, "IllegalTransition", "SupervisorUnavailable", "StateUnavailable"],
    example: { params: { context: exampleContext, run: "7k3m9q2x5r8t" }, result: { run: stoppedRun } },
  },
  "run.cancel": {
    summary: "Take a queued run out of the queue.",
    since: "0.1.0",
    params: z.object(reference),
    result: z.object({ run }),
    errors: [...notFound, "IllegalTransition", "StateUnavailable"],
    example: {
      params: { context: exampleContext, run: "7k3m9q2x5r8t" },
      result: {
        run: {
          ...exampleQueuedRun,
          state: { status: "cancelled", endedAt: "2026-11-01T09:15:00.000Z", reason: "cancelled by ada" },
        },
      },
    },
  },
  "run.rerun": {
    summary: "The argv, working directory and limits of an earlier run once more, with the caller's environment.",
    since: "0.1.0",
    params: z.object({ ...runOptions, run: runReference }),
    result: z.object({ run }),
    errors: [
      ...notFound,
      "CommandNotFound",
      "CommandNotExecutable",
      "WorkingDirectoryInvalid",
      "StateUnavailable",
      "DaemonStopping",
    ],
    example: {
      params: { context: exampleContext, environment: { PATH: "/usr/bin:/bin" }, run: "7k3m" },
      result: { run: exampleQueuedRun },
    },
  },
  "run.search": {
    summary:
      "Lines that contain a text, in the output of all runs: newest run first, oldest line first. Control characters and colours do not part a text.",
    since: "0.2.0",
    params: z.object({
      context,
      text: z
        .string()
        .min(1)
        .max(1_000)
        .regex(/^\P{Cc}*$/u, "a line of output has no control characters"),
      isCaseIgnored: z.boolean().optional(),
      name: z.string().optional().describe("Only runs of this job; `adhoc` for commands given on the command line."),
      limit: z.int().min(1).max(10_000).optional().describe("Most hits; 100 when absent."),
      wantsProgress: z
        .boolean()
        .optional()
        .describe("Send `$/progress` with `{hits}` as they are found, and none of those in the result."),
    }),
    result: z.object({
      hits: z.array(searchHit),
      searchedRuns: z.int().min(0),
      isLimited: z.boolean().describe("The search ended at its limit: there may be more."),
    }),
    errors: ["LimitExceeded", "RequestCancelled"],
    isLong: true,
    example: {
      params: { context: exampleContext, text: "total 12", limit: 1 },
      result: { hits: [], searchedRuns: 1, isLimited: false },
    },
  },
  "run.diff": {
    summary: "What differs between two runs. Of the environment: names, and salted digests of values.",
    since: "0.1.0",
    params: z.object({ context, left: runReference, right: runReference }),
    result: z.object({ left: run, right: run, differences: z.array(difference) }),
    errors: notFound,
    example: {
      params: { context: exampleContext, left: "7k3m", right: "7k3m" },
      result: { left: exampleRun, right: exampleRun, differences: [] },
    },
  },
});
