import { defineCommand } from "../command-spec.ts";
import { runPositional } from "./run-positional.ts";

export const show = defineCommand({
  name: "show",
  summary: "Show the record of a run",
  positionals: [runPositional],
  examples: [
    { line: "show 7k3m", meaning: "Everything recorded about the run whose id begins so." },
    { line: "show backup --json", meaning: "The last run of a job, as its JSON record." },
  ],
  json: { document: "jobRecord" },
});
