import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "../task/task-positional.ts";

export const gitBranchCreate = defineCommand({
  name: "git branch create",
  summary: "Make a local branch for a task: task/<name>, or task/external-<name>",
  positionals: [taskPositional],
  examples: [
    { line: "git branch create sample_task", meaning: "At what is checked out there; nothing is switched or pushed." },
  ],
  json: { document: "branchCreated" },
});
