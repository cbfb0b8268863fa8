import { z } from "zod";
import { argv, base, observedFile, runId, sha256, timestamp } from "./entities.ts";

/** The word that plan, build and doc have for the state of a task. */
export const progress = z.enum(["planned", "in_progress", "done"]);

const work = {
  description: z.string(),
  repo: z.enum(["orchastration", "external"]),
  status: progress.describe("Where the task begins."),
  argv: argv.describe("As configured: placeholders are replaced when it runs."),
  workingDir: z.string(),
  outputs: z.array(z.string()),
  documents: z.array(z.string()),
};

/** What the configuration says of a task. */
export const taskWork = z.object({ ...work, inputs: z.array(z.string()) });

/** What a configured task is going to do, written down before it does it. */
export const plan = z.object({
  id: runId,
  plannedAt: timestamp,
  ...work,
  environment: z.object({
    allowed: z.array(z.string()).describe("`daemon.environment`: patterns of the names that pass from the caller."),
    names: z.array(z.string()).describe("What the command would have got from whoever planned it."),
    digest: z.string().describe("Over names and salted value digests; values are kept nowhere."),
  }),
  base: base.nullable().describe("Changes of declared outputs and documents are not counted as changes."),
  inputs: z.array(observedFile),
  configurationDigest: sha256.describe("Over everything that the configuration said of the task."),
});

/** What a build of the plan would do differently by now, as the configuration stands. */
export const staleness = z.object({
  field: z.enum(["argv", "working_dir", "environment", "outputs", "documents"]),
  planned: z.unknown(),
  configured: z.unknown(),
});

/** The documents of a task, as they were generated last. */
export const taskDocuments = z.object({
  run: runId.nullable().describe("The build they tell of; null: none had ended yet."),
  sections: z.array(
    z.object({
      path: z.string().describe("Relative to the working directory of the task."),
      sha256: sha256.describe("Of the task's section in it, with LF as end of line."),
    }),
  ),
});

export const taskAction = z.enum(["plan.create", "doc.generate", "git.issue.create", "git.branch.create"]);

/** A declared input that is not what it was when the task was planned. Null: it was not declared then, or is not now. */
export const changedInput = z.object({
  path: z.string(),
  planned: observedFile.nullable(),
  found: observedFile.nullable(),
});

export type TaskWork = z.infer<typeof taskWork>;
export type ChangedInput = z.infer<typeof changedInput>;
export type Plan = z.infer<typeof plan>;
export type Staleness = z.infer<typeof staleness>;
export type TaskDocuments = z.infer<typeof taskDocuments>;
export type TaskAction = z.infer<typeof taskAction>;
export type Progress = z.infer<typeof progress>;
