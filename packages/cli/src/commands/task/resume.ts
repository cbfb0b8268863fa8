import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "./task-positional.ts";

export const resume = defineCommand({
  name: "resume",
  summary: "Start the agent of a task with the conversation it had",
  positionals: [taskPositional],
  options: {
    attach: { type: "boolean", description: "Attach to its terminal as soon as it lives" },
    env: { type: "list", short: "e", valueName: "NAME=VALUE", description: "Set a variable for it" },
  },
  examples: [{ line: "resume login --attach", meaning: "Go on where the agent was when it ended." }],
  json: { document: "task" },
});
