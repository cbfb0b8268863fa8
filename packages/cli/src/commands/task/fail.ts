import { defineCommand } from "../../command-spec.ts";
import { stopOption } from "./stop-option.ts";
import { taskPositional } from "./task-positional.ts";

export const fail = defineCommand({
  name: "fail",
  summary: "Say that the work of a task has failed",
  positionals: [taskPositional],
  options: {
    reason: { type: "string", valueName: "text", description: "Why" },
    stop: stopOption,
  },
  examples: [{ line: 'fail login --reason "needs another library" --stop', meaning: "Its worktree and branch stay." }],
  json: { document: "task" },
});
