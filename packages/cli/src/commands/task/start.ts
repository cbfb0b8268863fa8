import { defineCommand } from "../../command-spec.ts";
import { startOptions } from "./start-options.ts";
import { taskPositional } from "./task-positional.ts";

export const start = defineCommand({
  name: "start",
  summary: "Start the agent of a task in a worktree of its own",
  positionals: [taskPositional],
  options: startOptions,
  examples: [
    {
      line: "start login",
      meaning: "Make the worktree, run the set-up, start the agent. What runs already is left alone.",
    },
    { line: "start 3 --attach", meaning: "The same, and use its terminal; Ctrl-Q leaves it running." },
  ],
  json: { document: "task" },
});
