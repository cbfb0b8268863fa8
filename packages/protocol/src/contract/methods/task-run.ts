import { z } from "zod";
import { defineMethods } from "../define.ts";
import { argv, run } from "../entities.ts";
import { exampleRun } from "./examples.ts";
import { runOptions } from "./job.ts";
import { changing, exampleReference, exampleView, reference, starting, taskView } from "./task-view.ts";

const exampleEnvironment = { PATH: "/usr/bin:/bin" };

export const taskRunMethods = defineMethods({
  "task.start": {
    summary:
      "Start the task's agent in a worktree of its own, or a configured task's command in its directory. Answers once the intent is durable; the rest comes as `task.*` events. A task that runs already is answered as it is.",
    since: "0.3.0",
    params: z.object({ ...reference, ...runOptions }),
    result: z.object({ task: taskView, run: run.nullable() }),
    errors: starting,
    example: {
      params: { ...exampleReference, environment: exampleEnvironment },
      result: { task: exampleView, run: null },
    },
  },
  "task.resume": {
    summary: "Start the task's agent with the conversation it had before.",
    since: "0.3.0",
    params: z.object({ ...reference, ...runOptions }),
    result: z.object({ task: taskView, run: run.nullable() }),
    errors: starting,
    example: {
      params: { ...exampleReference, environment: exampleEnvironment },
      result: { task: exampleView, run: null },
    },
  },
  "task.exec": {
    summary: "Run a command in the task's worktree with the task's variables, recorded like a job.",
    since: "0.3.0",
    params: z.object({ ...reference, ...runOptions, argv, isTty: z.boolean().optional() }),
    result: z.object({ run }),
    errors: starting,
    example: {
      params: { ...exampleReference, environment: exampleEnvironment, argv: ["npm", "test"] },
      result: { run: exampleRun },
    },
  },
  "task.stop": {
    summary: "Ask the task's agent to end, and end it after the grace period. A queued start is cancelled.",
    since: "0.3.0",
    params: z.object({ ...reference, kill: z.boolean().optional().describe("Skip the grace period.") }),
    result: z.object({ task: taskView }),
    errors: [...changing, "SupervisorUnavailable"],
    example: { params: exampleReference, result: { task: exampleView } },
  },
});
