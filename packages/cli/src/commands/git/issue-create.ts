import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "../task/task-positional.ts";

export const gitIssueCreate = defineCommand({
  name: "git issue create",
  summary: "Make a GitHub issue of a task, with gh",
  positionals: [taskPositional],
  options: {
    again: { type: "boolean", description: "Also when one was made already" },
    timeout: { type: "number", valueName: "seconds", description: "Give gh up after so long; default: 60", min: 0.1 },
  },
  examples: [{ line: "git issue create sample_task", meaning: "Prints the address of the issue, and records it." }],
  json: { document: "issueCreated" },
});
