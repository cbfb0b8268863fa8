import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "./task-positional.ts";

export const idle = defineCommand({
  name: "idle",
  summary: "Say that the agent of a task waits for somebody",
  positionals: [taskPositional],
  options: { reason: { type: "string", valueName: "text", description: "What it waits for" } },
  examples: [{ line: 'idle login --reason "which database?"', meaning: "Shown in status until it works again." }],
  json: { document: "task" },
});
