import { z } from "zod";
import { defineMethods } from "../define.ts";
import { context } from "../entities.ts";
import { exampleContext, exampleJob, exampleRun } from "./examples.ts";
import { jobMethods } from "./job.ts";
import { exampleView, taskFileProblem, taskView } from "./task-view.ts";

export const repositoryMethods = defineMethods({
  "repository.status": {
    summary:
      "Everything that stands where the caller is: the jobs with their last runs, the tasks, and task files that cannot be read.",
    since: "0.3.0",
    params: z.object({ context }),
    result: z.object({
      repository: z.string().nullable(),
      jobs: jobMethods["job.list"].result.shape.jobs,
      tasks: z.array(taskView),
      problems: z.array(taskFileProblem),
    }),
    errors: ["ConfigInvalid"],
    example: {
      params: { context: exampleContext },
      result: {
        repository: "/home/ada/project",
        jobs: [{ ...exampleJob, lastRun: exampleRun }],
        tasks: [exampleView],
        problems: [],
      },
    },
  },
  "repository.init": {
    summary:
      "Prepare the caller's repository for tasks: `.orchastration/` with config.toml, tasks/ and .gitignore. What is there stays.",
    since: "0.3.0",
    params: z.object({
      context,
      tracksTasks: z.boolean().optional().describe("Task files are meant to be committed; default: ignored by git."),
    }),
    result: z.object({ root: z.string(), created: z.array(z.string()), kept: z.array(z.string()) }),
    errors: ["NoRepository", "StateUnavailable"],
    example: {
      params: { context: exampleContext },
      result: {
        root: "/home/ada/project",
        created: [".orchastration/config.toml", ".orchastration/tasks", ".orchastration/.gitignore"],
        kept: [],
      },
    },
  },
});
