import { defineCommand } from "../command-spec.ts";

export const run = defineCommand({
  name: "run",
  summary: "Run a job, or a command given after --, and wait for its end",
  positionals: [{ name: "job", description: "Name of a configured job", completes: "job" }],
  options: {
    detach: { type: "boolean", short: "d", description: "Print the run's id and leave it running" },
    tty: { type: "boolean", short: "t", description: "Run it in a terminal of its own, which can be attached to" },
    timeout: { type: "number", valueName: "seconds", description: "End it after so long; 0: never" },
    "check-reproducible": { type: "boolean", description: "Run the job twice, and compare its declared outputs" },
    env: { type: "list", short: "e", valueName: "NAME=VALUE", description: "Set a variable for this run" },
  },
  rest: { name: "args", description: "Further arguments of the job; without a job, the command itself" },
  examples: [
    { line: "run sample", meaning: "Stream the output of a job, and exit with its exit code." },
    {
      line: "run sample --timeout 60 -- --fast",
      meaning: "Add an argument to the job's own, and stop it after a minute.",
    },
    { line: "run -- git fsck --full", meaning: "Record any command as if it were a job." },
    { line: "run --detach backup", meaning: "Print the run's id and return at once." },
  ],
  json: { document: "run" },
});
