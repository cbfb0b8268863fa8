import { z } from "zod";
import type { ErrorKind } from "../../errors.ts";
import { context } from "../entities.ts";
import { task, taskReference } from "../task.ts";
import { exampleContext, exampleTask } from "./examples.ts";
import { activity } from "./session.ts";

export const taskFileProblem = z.object({
  file: z.string(),
  line: z.int().positive().nullable(),
  message: z.string(),
  suggestion: z.string().nullable(),
});

/** A task as it is shown: what the registry knows, and what is true of it at this moment. */
export const taskView = z.object({
  ...task.shape,
  filePath: z.string().nullable().describe("Null for a configured task."),
  worktreePath: z
    .string()
    .nullable()
    .describe("Where its worktree is, or will be; of a configured task its working directory."),
  hasLiveSession: z.boolean(),
  activity: activity.nullable().describe("What its session does; null without a live session."),
  problems: z.array(z.string()).describe("What is wrong with its file, its worktree or its branch."),
});
export type TaskView = z.infer<typeof taskView>;

export const reference = { context, task: taskReference };
export const found = ["NoRepository", "TaskNotFound", "ConfigInvalid"] as const satisfies readonly ErrorKind[];
export const changing = [
  ...found,
  "IllegalTransition",
  "TaskBusy",
  "StateUnavailable",
] as const satisfies readonly ErrorKind[];
export const starting = [
  ...changing,
  "NotTrusted",
  "AgentNotFound",
  "TaskFileInvalid",
  "WorktreeRefused",
  "GitUnavailable",
  "GitFailed",
  "CommandNotFound",
  "CommandNotExecutable",
  "WorkingDirectoryInvalid",
  "DaemonStopping",
] as const satisfies readonly ErrorKind[];

export const exampleReference = { context: exampleContext, task: "3-login" };
export const exampleView = {
  ...exampleTask,
  filePath: "/home/ada/project/.orchastration/tasks/3-login.md",
  worktreePath: "/home/ada/project/.orchastration/worktrees/3-login",
  hasLiveSession: false,
  activity: null,
  problems: [],
};
