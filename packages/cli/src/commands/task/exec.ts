import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "./task-positional.ts";

export const exec = defineCommand({
  name: "exec",
  summary: "Run a command in the worktree of a task, recorded like a job",
  positionals: [taskPositional],
  options: {
    detach: { type: "boolean", short: "d", description: "Print the run's id and leave it running" },
    tty: { type: "boolean", short: "t", description: "Run it in a terminal of its own, which can be attached to" },
    timeout: { type: "number", valueName: "seconds", description: "End it after so long; 0: never" },
    env: { type: "list", short: "e", valueName: "NAME=VALUE", description: "Set a variable for this run" },
  },
  rest: { name: "argv", description: "The command and its arguments" },
  examples: [{ line: "exec login -- npm test", meaning: "Its output and its exit code, as if run there." }],
  json: { document: "jobRecord" },
});
