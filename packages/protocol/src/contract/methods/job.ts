import { z } from "zod";
import { defineMethods } from "../define.ts";
import { argv, context, environment, job, run, terminalSize } from "../entities.ts";
import { exampleContext, exampleJob, exampleQueuedRun, exampleRun } from "./examples.ts";

/** What a caller may set for one run, whatever is run. */
export const runOptions = {
  context,
  environment: environment.describe(
    "The caller's whole environment; `daemon.environment` narrows what children get of it. Values are never stored.",
  ),
  env: environment.optional().describe("Overrides of single variables, stronger than the configuration's."),
  umask: z
    .int()
    .min(0)
    .max(0o777)
    .optional()
    .describe(
      "File mode creation mask of the caller, which the command gets as it would from a shell; absent: the daemon's.",
    ),
  timeoutMs: z.number().min(0).optional().describe("Milliseconds; 0: none; absent: as configured."),
  terminal: terminalSize
    .optional()
    .describe(
      "Size of the caller's terminal, which the run's has until somebody attaches; absent: 80 columns, 24 rows.",
    ),
};

export const jobMethods = defineMethods({
  "job.list": {
    summary: "The jobs configured for the caller's directory, each with its last run.",
    since: "0.1.0",
    params: z.object({ context }),
    result: z.object({ jobs: z.array(job.extend({ lastRun: run.nullable() })) }),
    errors: ["ConfigInvalid"],
    example: {
      params: { context: exampleContext },
      result: { jobs: [{ ...exampleJob, lastRun: exampleRun }] },
    },
  },
  "job.run": {
    summary:
      "Run a configured job, or argv as given. Answers once the intent is durable; the outcome comes as a `run.*` event.",
    since: "0.1.0",
    params: z.object({
      ...runOptions,
      target: z.union([
        z.object({ job: z.string().min(1), extraArgs: z.array(z.string()).optional() }),
        z.object({ argv }),
      ]),
      isTty: z.boolean().optional(),
    }),
    result: z.object({ run }),
    errors: [
      "JobNotFound",
      "ConfigInvalid",
      "CommandNotFound",
      "CommandNotExecutable",
      "WorkingDirectoryInvalid",
      "NotSupported",
      "StateUnavailable",
      "DaemonStopping",
    ],
    example: {
      params: { context: exampleContext, environment: { PATH: "/usr/bin:/bin" }, target: { job: "sample" } },
      result: { run: exampleQueuedRun },
    },
  },
});
