import { z } from "zod";
import { defineMethods } from "../define.ts";
import { context } from "../entities.ts";
import { exampleContext } from "./examples.ts";
import { changing, exampleReference, exampleView, found, reference, taskFileProblem, taskView } from "./task-view.ts";

export const taskMethods = defineMethods({
  "task.create": {
    summary: "A new task in the caller's repository, as a draft with a file.",
    since: "0.3.0",
    params: z.object({
      context,
      slug: z.string().min(1).max(255).describe("Anything that makes a slug; a taken one gets `-2`."),
      title: z.string().min(1).max(1_000).optional(),
      baseBranch: z.string().min(1).max(255).optional(),
      agent: z.string().min(1).max(255).optional(),
      labels: z.array(z.string().min(1).max(255)).max(100).optional(),
      message: z.string().max(262_144).optional().describe("Markdown below the header: what the agent is told."),
    }),
    result: z.object({ task: taskView }),
    errors: [
      "NoRepository",
      "RepositoryNotInitialized",
      "AgentNotFound",
      "GitFailed",
      "ConfigInvalid",
      "StateUnavailable",
    ],
    example: {
      params: { context: exampleContext, slug: "login", title: "Fix the login" },
      result: { task: exampleView },
    },
  },
  "task.list": {
    summary:
      "The tasks of the caller's repository and those that are configured, and the task files that cannot be read.",
    since: "0.3.0",
    params: z.object({ context }),
    result: z.object({
      repository: z.string().nullable(),
      isInitialized: z.boolean().describe("Whether the repository has a folder for task files."),
      tasks: z.array(taskView),
      problems: z.array(taskFileProblem).describe("Task files with mistakes."),
    }),
    errors: ["ConfigInvalid"],
    example: {
      params: { context: exampleContext },
      result: { repository: "/home/ada/project", isInitialized: true, tasks: [exampleView], problems: [] },
    },
  },
  "task.get": {
    summary: "One task.",
    since: "0.3.0",
    params: z.object(reference),
    result: z.object({ task: taskView }),
    errors: found,
    example: { params: exampleReference, result: { task: exampleView } },
  },
  "task.edit": {
    summary: "Change what a task's header says. Everything else in the file stays as it is.",
    since: "0.3.0",
    params: z.object({
      ...reference,
      title: z.string().min(1).max(1_000).optional(),
      baseBranch: z.string().min(1).max(255).optional(),
      agent: z.string().min(1).max(255).optional(),
    }),
    result: z.object({ task: taskView }),
    errors: [...changing, "TaskFileInvalid", "AgentNotFound"],
    example: { params: { ...exampleReference, title: "Fix the login" }, result: { task: exampleView } },
  },
  "task.path": {
    summary: "The directory in which the task's work is done.",
    since: "0.3.0",
    params: z.object(reference),
    result: z.object({ path: z.string(), exists: z.boolean() }),
    errors: found,
    example: {
      params: exampleReference,
      result: { path: "/home/ada/project/.orchastration/worktrees/3-login", exists: true },
    },
  },
  "task.idle": {
    summary: "Say that the task's agent waits for somebody.",
    since: "0.3.0",
    params: z.object({ ...reference, reason: z.string().max(1_000).optional() }),
    result: z.object({ task: taskView }),
    errors: changing,
    example: { params: exampleReference, result: { task: exampleView } },
  },
  "task.complete": {
    summary: "Say that the work is done. The session goes on unless it is to be stopped.",
    since: "0.3.0",
    params: z.object({ ...reference, reason: z.string().max(1_000).optional(), stop: z.boolean().optional() }),
    result: z.object({ task: taskView }),
    errors: changing,
    example: { params: exampleReference, result: { task: exampleView } },
  },
  "task.fail": {
    summary: "Say that the work has failed. The session goes on unless it is to be stopped.",
    since: "0.3.0",
    params: z.object({ ...reference, reason: z.string().max(1_000).optional(), stop: z.boolean().optional() }),
    result: z.object({ task: taskView }),
    errors: changing,
    example: { params: exampleReference, result: { task: exampleView } },
  },
  "task.review": {
    summary: "Say that a person has looked at the completed work and accepts it.",
    since: "0.3.0",
    params: z.object(reference),
    result: z.object({ task: taskView }),
    errors: changing,
    example: { params: exampleReference, result: { task: exampleView } },
  },
  "session.setConversation": {
    summary: "Remember the id under which the task's agent finds its conversation again.",
    since: "0.3.0",
    params: z.object({ ...reference, conversation: z.string().min(1).max(255) }),
    result: z.object({ task: taskView }),
    errors: changing,
    example: {
      params: { ...exampleReference, conversation: "0f9d1c1e-5b1f-4f0e-9a43-6a1d1a0f7d52" },
      result: { task: exampleView },
    },
  },
});
