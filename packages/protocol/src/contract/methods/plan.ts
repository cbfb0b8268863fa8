import { z } from "zod";
import { defineMethods } from "../define.ts";
import { context, run } from "../entities.ts";
import { changedInput, progress, staleness, taskWork } from "../plan.ts";
import { task } from "../task.ts";
import { exampleContext, exampleRun, exampleTask } from "./examples.ts";
import { runOptions } from "./job.ts";
import { changing, found, reference } from "./task-view.ts";

/** A configured task as plan, build and doc see it. */
export const planView = z.object({
  task,
  definition: taskWork,
  progress,
  stale: z.array(staleness).describe("Empty for a plan that can be built, and without one."),
  build: run.nullable().describe("The newest build."),
  isDocumented: z.boolean().describe("Its documents are there, and tell of its newest build."),
  missingDocuments: z.array(z.string()).describe("Declared documents that are not there."),
});
export type PlanView = z.infer<typeof planView>;

const planned = ["NotPlannable", "CommandNotFound", "CommandNotExecutable", "WorkingDirectoryInvalid"] as const;

const exampleConfigured = {
  ...exampleTask,
  kind: "configured",
  repository: null,
  number: null,
  slug: "report",
  title: "Write the report",
  baseBranch: null,
  plan: {
    id: "2m6n1c7w4p8s",
    plannedAt: "2026-11-01T09:15:00.000Z",
    description: "Write the report",
    repo: "external",
    status: "planned",
    argv: ["make", "report"],
    workingDir: "/home/ada/report",
    environment: { allowed: ["*"], names: ["PATH"], digest: "5d41402abc4b2a76b9719d911017c592" },
    base: null,
    inputs: [],
    outputs: ["report.pdf"],
    documents: [],
    configurationDigest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  },
};

const exampleView = {
  task: exampleConfigured,
  definition: {
    description: "Write the report",
    repo: "external",
    status: "planned",
    argv: ["make", "report"],
    workingDir: "/home/ada/report",
    inputs: [],
    outputs: ["report.pdf"],
    documents: [],
  },
  progress: "planned",
  stale: [],
  build: null,
  isDocumented: false,
  missingDocuments: [],
};

const exampleReference = { context: exampleContext, task: "report" };
const exampleEnvironment = { PATH: "/usr/bin:/bin" };

export const planMethods = defineMethods({
  "plan.list": {
    summary: "The configured tasks, each with its plan and how far it is.",
    since: "0.4.0",
    params: z.object({ context }),
    result: z.object({ plans: z.array(planView) }),
    errors: ["ConfigInvalid"],
    example: { params: { context: exampleContext }, result: { plans: [exampleView] } },
  },
  "plan.status": {
    summary: "One configured task with its plan, and what has become stale in it.",
    since: "0.4.0",
    params: z.object(reference),
    result: z.object({ plan: planView }),
    errors: [...found, "NotPlannable"],
    example: { params: exampleReference, result: { plan: exampleView } },
  },
  "plan.create": {
    summary:
      "Write down what a configured task is going to do: argv, directory, environment names, inputs with digests, expected outputs and documents. Nothing runs.",
    since: "0.4.0",
    params: z.object({ ...reference, environment: runOptions.environment }),
    result: z.object({ plan: planView }),
    errors: [...changing, ...planned],
    example: { params: { ...exampleReference, environment: exampleEnvironment }, result: { plan: exampleView } },
  },
  "build.run": {
    summary:
      "Carry out the plan of a task. Refused when the configuration says something else by now. Answers once the intent is durable; the outcome comes as `run.*` and `task.*` events.",
    since: "0.4.0",
    params: z.object({
      ...reference,
      ...runOptions,
      replan: z.boolean().optional().describe("Plan anew, then build."),
    }),
    result: z.object({
      plan: planView,
      run,
      changedInputs: z
        .array(changedInput)
        .describe("Declared inputs that are not what they were when the task was planned. Noted, not refused."),
    }),
    errors: [...changing, ...planned, "PlanMissing", "PlanStale", "DaemonStopping"],
    example: {
      params: { ...exampleReference, environment: exampleEnvironment },
      result: { plan: exampleView, run: exampleRun, changedInputs: [] },
    },
  },
  "doc.generate": {
    summary:
      "Write the task's document and its section of README.md, in its working directory. Doing it again changes nothing.",
    since: "0.4.0",
    params: z.object({
      ...reference,
      force: z.boolean().optional().describe("Replace what somebody changed in the sections."),
    }),
    result: z.object({
      plan: planView,
      files: z.array(z.object({ path: z.string(), change: z.enum(["created", "changed", "unchanged"]) })),
    }),
    errors: [...changing, "NotPlannable", "PlanMissing", "DocumentEdited", "DocumentRefused"],
    example: {
      params: exampleReference,
      result: { plan: exampleView, files: [{ path: "/home/ada/report/README.md", change: "changed" }] },
    },
  },
});
