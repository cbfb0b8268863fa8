import { z } from "zod";

/**
 * JSON as people's scripts read it: the record files and what `--json` prints. Field names are in snake case, as the record files have had them
 * from the first day. Records are strict: exactly these fields, in this order.
 */
export const jobRecord = z.strictObject({
  job_name: z.string(),
  start_time: z.string().nullable(),
  end_time: z.string().nullable(),
  duration_ms: z.number().nullable(),
  exit_code: z
    .int()
    .nullable()
    .describe(
      "What a shell would have reported: 128 + n for a signal, 124 for a timeout; null while it runs and when it is unknown.",
    ),
  stdout_path: z.string(),
  stderr_path: z.string(),
  os: z.string(),
  binary_version: z.string(),
  run_id: z.string(),
  argv: z.array(z.string()),
  working_dir: z.string(),
  signal: z.string().nullable(),
  status: z.string(),
  reason: z.string().nullable(),
  stdout_sha256: z.string().nullable(),
  stderr_sha256: z.string().nullable(),
  event_seq: z.int(),
  event_hash: z.string(),
});
export type JobRecord = z.infer<typeof jobRecord>;
