import { z } from "zod";
import { observedFile } from "./entities.ts";
import { jobRecord } from "./job-record-document.ts";
import { progress, staleness } from "./plan.ts";

/* The record files of tasks, and what the commands about plans, builds and documents print with `--json`; documents.ts names them. */

/** Of a task itself: `state/tasks/<task>.json`. */
export const taskRecord = z.strictObject({
  name: z.string(),
  description: z.string(),
  repo: z.enum(["orchastration", "external"]),
  status: progress,
  last_run: z.string().nullable(),
  outputs: z.array(z.string()),
  documents: z.array(z.string()),
});

/** Of something that was done for a task: `state/runs/<task>/<timestamp>.json`. */
export const taskRunRecord = z.strictObject({
  task_name: z.string(),
  action: z.enum(["plan.create", "build.run", "doc.generate", "git.issue.create", "git.branch.create"]),
  start_time: z.string().nullable(),
  end_time: z.string().nullable(),
  duration_ms: z.number().nullable(),
  status: z.string(),
  exit_code: z.int().nullable(),
  message: z.string(),
  /** Null for an action that is no run. */
  run_id: z.string().nullable(),
});

const planEntry = z.strictObject({
  name: z.string(),
  description: z.string(),
  repo: z.enum(["orchastration", "external"]),
  status: progress,
  task_status: z.string(),
  argv: z.array(z.string()),
  working_dir: z.string(),
  planned_at: z.string().nullable(),
  stale: z.array(z.string()),
  documented: z.boolean(),
});

export const planList = z.strictObject({ tasks: z.array(planEntry) });

export const planDocument = z.strictObject({
  ...planEntry.shape,
  reason: z.string().nullable(),
  /** What is planned, and what a stale plan would do otherwise; null without a plan. */
  plan: z
    .strictObject({
      argv: z.array(z.string()),
      working_dir: z.string(),
      environment: z.strictObject({ allowed: z.array(z.string()), names: z.array(z.string()), digest: z.string() }),
      base: z.strictObject({ commit: z.string(), tree: z.string(), dirty: z.boolean() }).nullable(),
      inputs: z.array(z.strictObject(observedFile.shape)),
      outputs: z.array(z.string()),
      documents: z.array(z.string()),
      configuration_sha256: z.string(),
    })
    .nullable(),
  changes: z.array(z.strictObject(staleness.shape)),
  last_build: jobRecord.nullable(),
  outputs: z.array(z.strictObject(observedFile.shape)),
  missing_documents: z.array(z.string()),
});

export const buildDocument = z.strictObject({
  name: z.string(),
  status: progress,
  exit_code: z.int(),
  run: jobRecord,
  outputs: z.array(z.strictObject(observedFile.shape)),
  missing_outputs: z.array(z.string()),
  changed_inputs: z.array(z.string()),
});

export const generatedDocuments = z.strictObject({
  name: z.string(),
  files: z.array(z.strictObject({ path: z.string(), change: z.enum(["created", "changed", "unchanged"]) })),
  documented: z.boolean(),
  missing_documents: z.array(z.string()),
});

/** Whether two runs of the same job made the same. */
export const reproduction = z.strictObject({
  reproducible: z.boolean(),
  runs: z.array(jobRecord),
  outputs: z.array(
    z.strictObject({
      path: z.string(),
      first: z.string().nullable(),
      second: z.string().nullable(),
      made_again: z.boolean().describe("Whether the second run wrote it; one that it left alone proves nothing."),
    }),
  ),
});

export type TaskRecord = z.infer<typeof taskRecord>;
export type TaskRunRecord = z.infer<typeof taskRunRecord>;
