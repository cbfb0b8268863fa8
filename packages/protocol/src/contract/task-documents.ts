import { z } from "zod";
import { activity } from "./methods/session.ts";

/* What the commands about tasks print with `--json`; documents.ts names them. */

export const taskDocument = z.strictObject({
  name: z.string(),
  id: z.int().nullable(),
  slug: z.string(),
  title: z.string(),
  kind: z.enum(["file", "configured"]),
  repository: z.string().nullable(),
  status: z.string(),
  reason: z.string().nullable(),
  agent: z.string().nullable(),
  labels: z.array(z.string()),
  base_branch: z.string().nullable(),
  branch: z.string().nullable(),
  worktree: z.string().nullable(),
  file: z.string().nullable(),
  created_at: z.string(),
  run_id: z.string().nullable(),
  session_live: z.boolean(),
  /** Of the agent's conversation. */
  session_id: z.string().nullable(),
  activity: z.strictObject(activity.shape).nullable(),
  merged_into: z.string().nullable(),
  merge_commit: z.string().nullable(),
  problems: z.array(z.string()),
});

export const taskPath = z.strictObject({ path: z.string(), exists: z.boolean() });

export const initialized = z.strictObject({
  root: z.string(),
  created: z.array(z.string()),
  kept: z.array(z.string()),
});

export const merged = z.union([
  z.strictObject({
    task: taskDocument,
    outcome: z.literal("merged"),
    into: z.string(),
    base: z.string(),
    head: z.string(),
    result: z.string(),
    strategy: z.string(),
    checkout: z.string().nullable(),
  }),
  z.strictObject({
    task: taskDocument,
    outcome: z.literal("resolving"),
    worktree: z.string(),
    conflicts: z.array(z.string()),
  }),
]);

export const collected = z.strictObject({
  items: z.array(
    z.strictObject({
      task: z.string().nullable(),
      parts: z.array(z.strictObject({ kind: z.string(), name: z.string() })),
      refusal: z.string().nullable(),
      /** Null while only listed. */
      removed: z.boolean().nullable(),
      backup_ref: z.string().nullable(),
    }),
  ),
});

export const removed = z.strictObject({ name: z.string(), backup_ref: z.string().nullable() });

export const agentList = z.strictObject({
  agents: z.array(
    z.strictObject({
      name: z.string(),
      argv: z.array(z.string()),
      built_in: z.boolean(),
      prompt: z.string(),
      on_exit: z.string(),
      resumes: z.boolean(),
      program: z.string().nullable(),
    }),
  ),
  roles: z.array(
    z.strictObject({
      name: z.string(),
      capabilities: z.array(z.string()),
      writes: z.array(z.string()),
      /** Null: built in. */
      argv: z.array(z.string()).nullable(),
      program: z.string().nullable(),
    }),
  ),
});
