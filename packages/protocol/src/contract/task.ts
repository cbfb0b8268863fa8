import { z } from "zod";
import { runId, timestamp } from "./entities.ts";
import { plan, taskDocuments } from "./plan.ts";

export const taskId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{12}$/);

export const taskReference = z
  .string()
  .min(1)
  .max(255)
  .describe(
    "A task of the caller's repository by its number, its slug, or both (`3-login`); or the name of a configured task.",
  );

/** Where a task rests: it can be started from here, and a start that comes to nothing goes back here. */
const restingStates = [
  z.object({ status: z.literal("draft") }),
  z.object({ status: z.literal("stopped"), reason: z.string() }),
  z.object({ status: z.literal("failed"), reason: z.string() }),
  z.object({ status: z.literal("completed"), reason: z.string().nullable() }),
  z.object({ status: z.literal("reviewed") }),
] as const;

export const restingState = z.discriminatedUnion("status", restingStates);

export const mergeStrategy = z.enum(["squash", "rebase", "merge"]);

/** The state of a task carries exactly what is known in it. `reason` is a sentence for people. */
export const taskState = z.discriminatedUnion("status", [
  ...restingStates,
  z.object({ status: z.literal("queued"), before: restingState }),
  z.object({ status: z.literal("starting"), before: restingState }),
  z.object({ status: z.literal("running") }),
  z.object({ status: z.literal("idle"), source: z.string(), reason: z.string(), since: timestamp }),
  z.object({ status: z.literal("merged"), into: z.string(), commit: z.string(), mergedAt: timestamp }),
]);

/** The worktree that a task holds. */
export const lease = z.object({
  path: z.string().describe("Canonical path of the worktree."),
  branch: z.string(),
  baseBranch: z.string().describe("The branch it was made from, and goes back to unless told otherwise."),
  baseCommit: z.string(),
  stage: z
    .enum(["planned", "made", "prepared"])
    .describe("Made: git has it. Prepared: its declared files were copied and its set-up ran to its end."),
});

/** A merge that was computed and is about to be made visible: enough to tell after a crash what became of it. */
export const mergeIntent = z.object({
  into: z.string().describe("The branch that is moved."),
  base: z.string().describe("Commit of that branch before."),
  head: z.string().describe("Commit of the task's branch."),
  result: z.string().describe("Commit of the branch afterwards."),
  strategy: mergeStrategy,
});

/** What its author says of a task. Of a task with a file these are the header's. */
export const authoredTask = z.object({
  title: z.string(),
  baseBranch: z.string().nullable().describe("Null: the branch that was checked out when the task was first started."),
  agent: z.string().nullable().describe("Null: the configured or built-in default."),
  labels: z.array(z.string()),
});

/** What never changes about a task. */
export const declaredTask = z.object({
  id: taskId,
  kind: z
    .enum(["file", "configured"])
    .describe("Where it is written down: in `.orchastration/tasks`, or as `[tasks.<name>]`."),
  repository: z
    .string()
    .nullable()
    .describe("Canonical path of its repository; null for a task of the global configuration."),
  number: z
    .int()
    .positive()
    .nullable()
    .describe("Within its repository, never given twice; null for a configured task."),
  slug: z.string().describe("Its name in the repository; of a configured task the name in the configuration."),
  createdAt: timestamp,
});

export const task = z.object({
  ...declaredTask.shape,
  ...authoredTask.shape,
  lease: lease.nullable(),
  run: runId.nullable().describe("The latest run that drives it: its agent's, or its command's."),
  conversation: z.string().nullable().describe("Id under which its agent finds the conversation again."),
  mergeIntent: mergeIntent.nullable(),
  plan: plan.optional().describe("The newest plan; absent: it was never planned."),
  documents: taskDocuments.optional(),
  actedAt: timestamp
    .optional()
    .describe("When the newest action began that is no run: a plan, a document, an issue, a branch."),
  issue: z.string().optional().describe("Address of the newest issue that was made for it."),
  state: taskState,
  eventSeq: z.int().positive().describe("The newest event of this task."),
});

export type Task = z.infer<typeof task>;
export type TaskState = z.infer<typeof taskState>;
export type TaskStatus = TaskState["status"];
export type RestingState = z.infer<typeof restingState>;
export type DeclaredTask = z.infer<typeof declaredTask>;
export type AuthoredTask = z.infer<typeof authoredTask>;
export type Lease = z.infer<typeof lease>;
export type MergeIntent = z.infer<typeof mergeIntent>;
export type MergeStrategy = z.infer<typeof mergeStrategy>;
