import { z } from "zod";
import { activity } from "./methods/session.ts";

/* What the commands about sessions print with `--json`; documents.ts names them. */

export const sessionList = z.strictObject({
  sessions: z.array(
    z.strictObject({
      run_id: z.string(),
      job_name: z.string(),
      repository: z.string().nullable(),
      argv: z.array(z.string()),
      pid: z.int(),
      start_time: z.string(),
      /** Null for a session with pipes. `offset`: bytes put out since the start. */
      terminal: z
        .strictObject({
          cols: z.int(),
          rows: z.int(),
          offset: z.int(),
          attachments: z.array(z.strictObject({ id: z.string(), mode: z.enum(["control", "watch"]) })),
          controller: z.string().nullable(),
        })
        .nullable(),
      /** Null for a session with pipes. */
      activity: z.strictObject(activity.shape).nullable(),
    }),
  ),
});

/** What a terminal shows. Rows and columns count from 0. */
export const screenDocument = z.strictObject({
  cols: z.int(),
  rows: z.int(),
  lines: z.array(z.string()),
  cursor: z.strictObject({ column: z.int(), row: z.int(), is_visible: z.boolean() }),
  title: z.string(),
  is_alternate: z.boolean(),
});
