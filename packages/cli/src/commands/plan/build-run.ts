import { defineCommand } from "../../command-spec.ts";
import { configuredTask } from "./task.ts";

export const buildRun = defineCommand({
  name: "build run",
  summary: "Carry out the plan of a task, and check that it made what it was to make",
  positionals: [configuredTask],
  options: {
    replan: { type: "boolean", description: "Plan anew, then build" },
    timeout: { type: "number", valueName: "seconds", description: "End it after so long; 0: never" },
  },
  examples: [
    {
      line: "build run sample_task",
      meaning:
        "Stream its output and exit with its exit code; 1 when a declared output is missing, or the plan is stale.",
    },
    { line: "build run sample_task --replan", meaning: "Take the task as it is configured now." },
  ],
  json: { document: "build" },
});
