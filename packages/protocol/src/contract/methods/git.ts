import { z } from "zod";
import { defineMethods } from "../define.ts";
import { runOptions } from "./job.ts";
import { exampleReference, found, reference } from "./task-view.ts";

export const gitMethods = defineMethods({
  "git.createBranch": {
    summary:
      "Make the local branch `task/<name>`, or `task/external-<name>`, at what is checked out in the task's directory. It is not checked out, and never moved.",
    since: "0.4.0",
    params: z.object(reference),
    result: z.object({
      task: z.string(),
      branch: z.string(),
      commit: z.string(),
      repository: z.string().describe("Canonical path of the repository it is in."),
    }),
    errors: [
      ...found,
      "BranchExists",
      "BranchRefused",
      "WorkingDirectoryInvalid",
      "GitUnavailable",
      "GitFailed",
      "StateUnavailable",
    ],
    example: {
      params: exampleReference,
      result: {
        task: "3-login",
        branch: "task/3-login",
        commit: "8f14e45fceea167a5a36dedd4bea2543f0a3c1d2",
        repository: "/home/ada/project",
      },
    },
  },
  "git.createIssue": {
    summary: "Make a GitHub issue of the task with gh, and record its address.",
    since: "0.4.0",
    params: z.object({
      ...reference,
      environment: runOptions.environment,
      isAgain: z.boolean().optional().describe("Also when one was made already."),
      timeoutMs: z.number().positive().optional().describe("gh is stopped after so long; absent: a minute."),
    }),
    result: z.object({ task: z.string(), url: z.string(), title: z.string() }),
    errors: [
      ...found,
      "IssueExists",
      "GhUnavailable",
      "GhUnauthenticated",
      "GhFailed",
      "GhTimedOut",
      "WorkingDirectoryInvalid",
      "StateUnavailable",
    ],
    isLong: true,
    example: {
      params: { ...exampleReference, environment: { PATH: "/usr/bin:/bin" } },
      result: { task: "3-login", url: "https://github.com/ada/project/issues/7", title: "Fix the login" },
    },
  },
});
