import { z } from "zod";
import { actor, argv, runId, timestamp } from "./entities.ts";

export const orchestrationId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{12}$/);

export const agentRole = z.enum(["PlannerAgent", "BuilderAgent", "ReviewerAgent", "DocAgent"]);

export const reviewStatus = z.enum(["approved", "changes_requested"]);

/** What the roles of one orchestration know together. */
export const sharedContext = z.strictObject({
  "plan.goal": z.string().nullable(),
  "plan.tasks": z.array(z.string()).describe("Names of the tasks that are worked on."),
  "build.outputs": z.array(z.string()).describe("Files that builds made."),
  "review.status": reviewStatus.nullable(),
  "review.report": z.string().describe("Every report, one after another."),
  "doc.paths": z.array(z.string()).describe("Documents that were written."),
});

/** What one step adds to the shared context: of lists the new items, of the report the new text. */
export const contextChanges = z.strictObject({
  "plan.goal": z.string().nullable().optional(),
  "plan.tasks": z.array(z.string()).optional(),
  "build.outputs": z.array(z.string()).optional(),
  "review.status": reviewStatus.nullable().optional(),
  "review.report": z.string().optional(),
  "doc.paths": z.array(z.string()).optional(),
});

const ended = { endedAt: timestamp, durationMs: z.number().min(0), message: z.string().nullable() };

export const stepOutcome = z.enum(["succeeded", "failed", "stopped", "interrupted"]);

/** Where a step stands: its group and its place in that, both from 0. */
export const stepPlace = { group: z.int().min(0), place: z.int().min(0) };

export const orchestrationStep = z.object({
  ...stepPlace,
  role: agentRole,
  run: runId.nullable().describe("The run that does its work; null when the daemon does it itself."),
  startedAt: timestamp,
  state: z.discriminatedUnion("status", [
    z.object({ status: z.literal("running") }),
    z.object({ status: stepOutcome, ...ended, changes: contextChanges }),
  ]),
});

export const orchestrationOutcome = z.enum(["completed", "failed", "stopped", "interrupted"]);

/** `interrupted`: the daemon ended in the middle of it, and the roles that were to come were not started. */
export const orchestrationState = z.discriminatedUnion("status", [
  z.object({ status: z.literal("running") }),
  z.object({ status: z.literal("stopping") }),
  z.object({ status: orchestrationOutcome, ...ended }),
]);

/** What never changes about one run through a pipeline of roles. */
export const declaredOrchestration = z.object({
  id: orchestrationId,
  name: z.string(),
  repository: z
    .string()
    .nullable()
    .describe("Canonical path of the repository whose configuration defines it; null: the global configuration."),
  groups: z.array(z.array(agentRole)).describe("One after another; the roles of a group work side by side."),
  bindings: z
    .partialRecord(agentRole, argv)
    .describe("The programs that configuration binds to roles; the others are built in."),
  task: z.string().nullable().describe("Name of the task it was asked to work on."),
  workingDir: z.string(),
  resumes: z
    .object({ orchestration: orchestrationId, groups: z.int().min(0) })
    .nullable()
    .describe("The earlier one that it continues, and how many groups that had finished."),
  context: sharedContext.describe("As it was in the beginning."),
  requestedBy: actor,
  startedAt: timestamp,
  record: z.string().describe("Its record file, relative to the state directory."),
  binaryVersion: z.string(),
});

export const orchestration = z.object({
  ...declaredOrchestration.shape,
  /** Of the newest group when it began: what its roles were given. */
  groupContext: sharedContext,
  context: sharedContext,
  steps: z.array(orchestrationStep).describe("Those that were started, in that order."),
  state: orchestrationState,
  eventSeq: z.int().positive(),
});

export type AgentRole = z.infer<typeof agentRole>;
export type SharedContext = z.infer<typeof sharedContext>;
export type ContextChanges = z.infer<typeof contextChanges>;
export type StepOutcome = z.infer<typeof stepOutcome>;
export type OrchestrationStep = z.infer<typeof orchestrationStep>;
export type OrchestrationOutcome = z.infer<typeof orchestrationOutcome>;
export type OrchestrationState = z.infer<typeof orchestrationState>;
export type DeclaredOrchestration = z.infer<typeof declaredOrchestration>;
export type Orchestration = z.infer<typeof orchestration>;

/** The events of an orchestration, of which its steps are parts. */
export const orchestrationEvents = {
  "orchestration.started": z.object({ orchestration: declaredOrchestration }),
  "orchestration.stepStarted": z.object({
    orchestration: orchestrationId,
    ...stepPlace,
    run: runId.nullable(),
    startedAt: timestamp,
  }),
  "orchestration.stepEnded": z
    .object({
      orchestration: orchestrationId,
      ...stepPlace,
      outcome: stepOutcome,
      ...ended,
      changes: contextChanges,
    })
    .describe("What the step adds to the shared context is added in the order of the log."),
  "orchestration.stopRequested": z.object({ orchestration: orchestrationId }),
  "orchestration.ended": z.object({ orchestration: orchestrationId, outcome: orchestrationOutcome, ...ended }),
} as const;
