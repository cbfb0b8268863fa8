import { z } from "zod";
import { sharedContext } from "./orchestration.ts";

/* The record of an orchestration, and what the commands about orchestrations, branches and issues print with `--json`. */

const orchestrationRecord = z.strictObject({
  orchestration: z.string(),
  agents: z
    .array(
      z.strictObject({
        name: z.string(),
        start_time: z.string(),
        end_time: z.string().nullable(),
        duration_ms: z.number().nullable(),
        status: z.string(),
        message: z.string().nullable(),
        group: z.int(),
        run_id: z.string().nullable(),
        /** What it added to the context. */
        wrote: z.record(z.string(), z.unknown()),
      }),
    )
    .describe("The steps that were started, in that order; `group` counts from 1."),
  start_time: z.string(),
  end_time: z.string().nullable(),
  duration_ms: z.number().nullable(),
  status: z.string(),
  context: sharedContext,
  message: z.string().nullable(),
  orchestration_id: z.string(),
  groups: z.array(z.array(z.string())),
  finished_groups: z.int().describe("How many groups have succeeded, those before it was resumed included."),
  goal: z.string().nullable(),
  task: z.string().nullable(),
  working_dir: z.string(),
  resumes: z.string().nullable().describe("Id of the one that it continues."),
  requested_by: z.string(),
  binary_version: z.string(),
  event_seq: z.int(),
});
export type OrchestrationRecord = z.infer<typeof orchestrationRecord>;

const orchestrationList = z.strictObject({
  orchestrations: z.array(
    z.strictObject({
      name: z.string(),
      description: z.string(),
      repository: z.string().nullable(),
      groups: z.array(z.array(z.string())),
      last: orchestrationRecord.nullable(),
    }),
  ),
});

const branchCreated = z.strictObject({
  task: z.string(),
  branch: z.string(),
  commit: z.string(),
  repository: z.string(),
});

const issueCreated = z.strictObject({ task: z.string(), url: z.string(), title: z.string() });

export const orchestrationDocuments = { orchestrationRecord, orchestrationList, branchCreated, issueCreated };
