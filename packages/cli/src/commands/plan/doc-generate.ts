import { defineCommand } from "../../command-spec.ts";
import { configuredTask } from "./task.ts";

export const docGenerate = defineCommand({
  name: "doc generate",
  summary: "Write docs/tasks/<task>.md and the task's section of README.md in the task's directory",
  positionals: [configuredTask],
  options: { force: { type: "boolean", description: "Replace a section that somebody changed" } },
  examples: [
    {
      line: "doc generate sample_task",
      meaning: "What was planned, what the last build ran, and what it made. Twice changes nothing.",
    },
  ],
  json: { document: "generatedDocuments" },
});
