import { defineCommand } from "../command-spec.ts";
import { runPositional } from "./run-positional.ts";

export const rerun = defineCommand({
  name: "rerun",
  summary: "Run the command of an earlier run once more, with the present environment",
  positionals: [runPositional],
  options: {
    detach: { type: "boolean", short: "d", description: "Print the run's id and leave it running" },
    timeout: { type: "number", valueName: "seconds", description: "End it after so long; 0: never" },
    env: { type: "list", short: "e", valueName: "NAME=VALUE", description: "Set a variable for this run" },
  },
  examples: [{ line: "rerun 7k3m", meaning: "Same arguments, same working directory." }],
  json: { document: "jobRecord" },
});
