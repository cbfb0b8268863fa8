import { defineCommand } from "../command-spec.ts";

export const runs = defineCommand({
  name: "runs",
  summary: "List recorded runs, newest first",
  positionals: [
    { name: "name", description: "Only runs of this job; adhoc: of commands given after --", completes: "job" },
  ],
  options: {
    limit: {
      type: "number",
      short: "n",
      valueName: "count",
      isInteger: true,
      min: 1,
      description: "At most so many: 20, with --plot 100; with --stats so many are counted, 10000",
    },
    failed: { type: "boolean", description: "Only those that did not succeed; with --stats jobs with a failure" },
    stats: { type: "boolean", description: "How often each job succeeded, how long it took, when it last failed" },
    plot: { type: "boolean", description: "When each run began and ended, as bars over time" },
  },
  examples: [
    { line: "runs", meaning: "The last runs of everything." },
    { line: "runs backup --failed --limit 5", meaning: "The last five failures of one job." },
    { line: "runs --stats", meaning: "Success rate, median and 95th percentile of every job." },
    { line: "runs backup --plot", meaning: "The last runs of one job on a line of time." },
  ],
  json: { document: "runList" },
});
