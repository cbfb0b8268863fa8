import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "./task-positional.ts";

export const remove = defineCommand({
  name: "remove",
  summary: "Forget a task: its worktree, branch and file, if nothing is lost by it",
  positionals: [taskPositional],
  options: { yes: { type: "boolean", short: "y", description: "Do not ask" } },
  examples: [{ line: "remove login", meaning: "Its branch stays reachable under a backup ref, which is printed." }],
  json: { document: "removed" },
});
