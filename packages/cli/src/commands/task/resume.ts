import { defineCommand } from "../../command-spec.ts";
import { startOptions } from "./start-options.ts";
import { taskPositional } from "./task-positional.ts";

export const resume = defineCommand({
  name: "resume",
  summary: "Start the agent of a task with the conversation it had",
  positionals: [taskPositional],
  options: startOptions,
  examples: [{ line: "resume login --attach", meaning: "Go on where the agent was when it ended." }],
  json: { document: "task" },
});
