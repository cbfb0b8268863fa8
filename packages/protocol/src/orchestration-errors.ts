import type { ErrorDefinition } from "./error-definition.ts";

/** Errors of pipelines of roles, and of the branches and issues of tasks. */
export const ORCHESTRATION_ERRORS = {
  OrchestrationNotFound: {
    code: 1501,
    exitCode: 1,
    isRetryable: false,
    meaning: "No orchestration of that name is configured, or none of it has been run.",
    hint: "`orchastration orchestration list` shows them.",
  },
  OrchestrationBusy: {
    code: 1502,
    exitCode: 75,
    isRetryable: true,
    meaning: "It is being run already; two at a time would write over each other's work.",
    hint: "Wait for its end, or stop it: `orchastration orchestration stop <name>`.",
  },
  OrchestrationNotResumable: {
    code: 1503,
    exitCode: 1,
    isRetryable: false,
    meaning: "There is nothing to resume, or it is not what it was when it was interrupted.",
    hint: "Start it anew, without --resume.",
  },
  TaskRequired: {
    code: 1504,
    exitCode: 2,
    isRetryable: false,
    meaning: "A role without a program of its own works on a task of the configuration, and none was named.",
    hint: "Name it with --task, or bind a program to the role: `[agents.<role>] command = [...]`.",
  },
  BranchExists: {
    code: 1511,
    exitCode: 1,
    isRetryable: false,
    meaning: "The branch exists. It stays as it is.",
    hint: "Go on with it (`git switch <branch>`), or rename it first (`git branch -m`).",
  },
  BranchRefused: {
    code: 1512,
    exitCode: 1,
    isRetryable: false,
    meaning: "No branch can be made for the task as things stand. Nothing was changed.",
    hint: "The message says what stands in the way.",
  },
  IssueExists: {
    code: 1520,
    exitCode: 1,
    isRetryable: false,
    meaning: "An issue was made for the task already; `data.url` is its address.",
    hint: "Go on with that one, or make another one: `orchastration git issue create <task> --again`.",
  },
  GhUnavailable: {
    code: 1521,
    exitCode: 1,
    isRetryable: false,
    meaning:
      "gh, the command line of GitHub, was not found on the PATH. Entries that are relative or lie in the repository do not count.",
    hint: "Install gh (https://cli.github.com), then log in: `gh auth login`.",
  },
  GhUnauthenticated: {
    code: 1522,
    exitCode: 1,
    isRetryable: false,
    meaning: "gh is not logged in. No issue was made.",
    hint: "Log in: `gh auth login`; or set GH_TOKEN.",
  },
  GhFailed: {
    code: 1523,
    exitCode: 1,
    isRetryable: false,
    meaning: "gh made no issue; `data.output` is what it said.",
    hint: "What gh said names the cause.",
  },
  GhTimedOut: {
    code: 1524,
    exitCode: 124,
    isRetryable: true,
    meaning: "gh did not end in time and was stopped. The issue may have been made all the same.",
    hint: "Look at the repository's issues before you try again.",
  },
} as const satisfies Record<string, ErrorDefinition>;
