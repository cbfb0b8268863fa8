import { z } from "zod";
import { defineMethods } from "../define.ts";
import { context } from "../entities.ts";
import { exampleContext, exampleJob, exampleRun } from "./examples.ts";
import { jobMethods } from "./job.ts";
import { taskMethods } from "./task.ts";
import { exampleView } from "./task-view.ts";

export const repositoryMethods = defineMethods({
  "repository.status": {
    summary:
      "Everything that stands where the caller is: the jobs with their last runs, the tasks, and task files that cannot be read.",
    since: "0.3.0",
    params: z.object({ context }),
    result: z.object({
      ...jobMethods["job.list"].result.shape,
      ...taskMethods["task.list"].result.shape,
    }),
    errors: ["ConfigInvalid"],
    example: {
      params: { context: exampleContext },
      result: {
        repository: "/home/ada/project",
        isInitialized: true,
        jobs: [{ ...exampleJob, lastRun: exampleRun }],
        tasks: [exampleView],
        problems: [],
      },
    },
  },
  "repository.watch": {
    summary:
      "Tell when what `repository.status` shows may have been changed by hand: `$/progress` with `{changes}`, of `tasks`, `config`, `refs`, `worktree` and `worktrees`. The first one has none: from then on nothing is missed. Committed changes are told by `events.subscribe`.",
    since: "0.3.0",
    params: z.object({
      context,
      waitMs: z.int().min(0).max(86_400_000).optional().describe("Answer after so long; absent: only when cancelled."),
    }),
    result: z.object({}),
    errors: ["ConfigInvalid", "RequestCancelled", "DaemonStopping"],
    isLong: true,
    example: { params: { context: exampleContext, waitMs: 0 }, result: {} },
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
