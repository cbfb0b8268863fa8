import { z } from "zod";
import { defineMethods } from "../define.ts";
import { context } from "../entities.ts";
import { agentRole, orchestration } from "../orchestration.ts";
import { taskReference } from "../task.ts";
import { exampleContext } from "./examples.ts";
import { runOptions } from "./job.ts";

/** A configured orchestration. */
const orchestrationView = z.object({
  name: z.string(),
  description: z.string(),
  repository: z.string().nullable(),
  groups: z.array(z.array(agentRole)).describe("One after another; the roles of a group work side by side."),
  last: orchestration.nullable().describe("The newest run of it."),
});
export type OrchestrationView = z.infer<typeof orchestrationView>;

const exampleEmptyContext = {
  "plan.goal": "Ship the report",
  "plan.tasks": [],
  "build.outputs": [],
  "review.status": null,
  "review.report": "",
  "doc.paths": [],
};

const exampleOrchestration = {
  id: "5q9t3n7p2d8x",
  name: "feature",
  repository: null,
  groups: [["PlannerAgent"], ["BuilderAgent", "ReviewerAgent"], ["DocAgent"]],
  bindings: { BuilderAgent: ["codex", "exec", "{goal}"] },
  task: "report",
  workingDir: "/home/ada/report",
  resumes: null,
  context: exampleEmptyContext,
  groupContext: exampleEmptyContext,
  requestedBy: { kind: "person", name: "ada" },
  startedAt: "2026-11-01T09:15:00.000Z",
  record: "orchestrations/feature/20261101T091500.000Z.json",
  binaryVersion: "0.4.0",
  steps: [],
  state: { status: "running" },
  eventSeq: 12,
};

const named = {
  context,
  orchestration: z.string().min(1).describe("A configured orchestration by its name, or one run of it by its id."),
};

export const orchestrationMethods = defineMethods({
  "orchestration.list": {
    summary: "The configured orchestrations, each with its newest run.",
    since: "0.4.0",
    params: z.object({ context }),
    result: z.object({ orchestrations: z.array(orchestrationView) }),
    errors: ["ConfigInvalid"],
    example: {
      params: { context: exampleContext },
      result: {
        orchestrations: [
          {
            name: "feature",
            description: "Plan, build, document",
            repository: null,
            groups: exampleOrchestration.groups,
            last: exampleOrchestration,
          },
        ],
      },
    },
  },
  "orchestration.run": {
    summary:
      "Run the roles of a configured orchestration. Answers once the intent is durable; what becomes of it comes as `orchestration.*` events.",
    since: "0.4.0",
    params: z.object({
      ...runOptions,
      orchestration: z.string().min(1),
      goal: z.string().max(65_536).optional().describe("What is to be reached: `plan.goal` of the shared context."),
      task: taskReference.optional(),
      resume: z
        .boolean()
        .optional()
        .describe("Go on with the newest run of it, after the last group that had finished, with the context of then."),
    }),
    result: z.object({ orchestration }),
    errors: [
      "OrchestrationNotFound",
      "OrchestrationBusy",
      "OrchestrationNotResumable",
      "TaskRequired",
      "TaskNotFound",
      "NotTrusted",
      "WorkingDirectoryInvalid",
      "ConfigInvalid",
      "StateUnavailable",
      "DaemonStopping",
    ],
    example: {
      params: {
        context: exampleContext,
        environment: { PATH: "/usr/bin:/bin" },
        orchestration: "feature",
        goal: "Ship the report",
      },
      result: { orchestration: exampleOrchestration },
    },
  },
  "orchestration.get": {
    summary: "One run of an orchestration: its steps, its shared context and how it ended.",
    since: "0.4.0",
    params: z.object(named),
    result: z.object({ orchestration }),
    errors: ["OrchestrationNotFound", "ConfigInvalid"],
    example: {
      params: { context: exampleContext, orchestration: "feature" },
      result: { orchestration: exampleOrchestration },
    },
  },
  "orchestration.stop": {
    summary: "Stop the steps that are at work, and start no further one.",
    since: "0.4.0",
    params: z.object(named),
    result: z.object({ orchestration }),
    errors: ["OrchestrationNotFound", "IllegalTransition", "ConfigInvalid", "StateUnavailable"],
    example: {
      params: { context: exampleContext, orchestration: "feature" },
      result: { orchestration: { ...exampleOrchestration, state: { status: "stopping" } } },
    },
  },
});
