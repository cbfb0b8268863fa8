import { z } from "zod";
import { defineMethods } from "../define.ts";
import { context } from "../entities.ts";
import { mergeIntent, mergeStrategy, task } from "../task.ts";
import { exampleContext, exampleTask } from "./examples.ts";
import { changing, exampleReference, exampleView, reference, taskView } from "./task-view.ts";

/** Something that can be collected: a merged task, or something of ours that no task holds any more. */
const gcItem = z.object({
  key: z
    .string()
    .describe("Names the item when it is to be removed: it is removed only if it is still what was shown."),
  task: z.string().nullable().describe("Number and slug (`3-login`); null for a leftover."),
  parts: z.array(z.object({ kind: z.enum(["worktree", "branch", "file"]), name: z.string() })),
  refusal: z.string().nullable().describe("Why it stays; null when it can be removed."),
  outcome: z
    .union([
      z.object({ removed: z.literal(true), backupRef: z.string().nullable() }),
      z.object({ removed: z.literal(false), reason: z.string() }),
    ])
    .nullable()
    .describe("Null while only listed."),
});
export type GcItem = z.infer<typeof gcItem>;

export const taskMergeMethods = defineMethods({
  "task.merge": {
    summary:
      "Bring a completed or reviewed task into its base branch. The result is computed without touching any checkout; a refusal changes nothing. Progress names the step.",
    since: "0.3.0",
    params: z.object({
      ...reference,
      into: z.string().min(1).max(255).optional().describe("Another branch than the one the task was made from."),
      strategy: mergeStrategy.optional(),
      includeDirty: z.boolean().optional().describe("Commit what is uncommitted in the worktree first."),
      resolve: z.boolean().optional().describe("Merge the base into the task's worktree and leave conflicts there."),
      stop: z.boolean().optional().describe("End the live session first."),
    }),
    result: z.object({
      task: taskView,
      outcome: z.discriminatedUnion("kind", [
        z.object({
          kind: z.literal("merged"),
          ...mergeIntent.shape,
          checkout: z
            .string()
            .nullable()
            .describe("The checkout that was fast-forwarded; null when none had the base checked out."),
        }),
        z.object({
          kind: z.literal("resolving"),
          worktree: z.string(),
          conflicts: z.array(z.string()).describe("Empty when the base went in without a conflict."),
        }),
      ]),
    }),
    errors: [
      ...changing,
      "MergeRefused",
      "MergeConflict",
      "TaskSessionLive",
      "WorktreeRefused",
      "GitUnavailable",
      "GitFailed",
      "RequestCancelled",
    ],
    isLong: true,
    example: {
      params: exampleReference,
      result: {
        task: exampleView,
        outcome: {
          kind: "merged",
          into: "main",
          base: "1f3870be274f6c49b3e31a0c6728957f1f3870be",
          head: "8c7dd922ad47494fc02c388e12c00eac8c7dd922",
          result: "45c48cce2e2d7fbdea1afc51c7c6ad2645c48cce",
          strategy: "squash",
          checkout: "/home/ada/project",
        },
      },
    },
  },
  "task.gc": {
    summary:
      "What can be collected: merged tasks, and what of ours no task holds any more. With `remove`, removes exactly these items.",
    since: "0.3.0",
    params: z.object({ context, remove: z.array(z.string()).max(10_000).optional().describe("Keys of listed items.") }),
    result: z.object({ items: z.array(gcItem) }),
    errors: ["NoRepository", "ConfigInvalid", "GitUnavailable", "GitFailed", "StateUnavailable", "RequestCancelled"],
    isLong: true,
    example: {
      params: { context: exampleContext },
      result: {
        items: [
          {
            key: "3-login@45c48cce",
            task: "3-login",
            parts: [{ kind: "branch", name: "orchastration/3-login" }],
            refusal: null,
            outcome: null,
          },
        ],
      },
    },
  },
  "task.remove": {
    summary:
      "Forget a task: its worktree, branch and file, if nothing is lost by it. Its branch stays reachable under a backup ref.",
    since: "0.3.0",
    params: z.object(reference),
    result: z.object({ task, backupRef: z.string().nullable() }),
    errors: [...changing, "RemovalRefused", "TaskSessionLive", "GitUnavailable", "GitFailed"],
    example: {
      params: exampleReference,
      result: { task: exampleTask, backupRef: "refs/orchastration/backup/3-login/1" },
    },
  },
});
