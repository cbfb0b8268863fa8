import { defineCommand } from "../../command-spec.ts";
import { configuredTask } from "./task.ts";

export const planStatus = defineCommand({
  name: "plan status",
  summary: "Show how far a task is: planned, in_progress or done, and documented or not",
  positionals: [configuredTask],
  examples: [
    { line: "plan status sample_task", meaning: "One line; what is to be done next goes to standard error." },
    {
      line: "plan status sample_task --json",
      meaning: "The plan, what became stale in it, the last build, its outputs.",
    },
  ],
  json: { document: "plan" },
});
