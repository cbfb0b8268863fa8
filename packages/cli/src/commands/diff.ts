import { defineCommand } from "../command-spec.ts";

export const diff = defineCommand({
  name: "diff",
  summary: "Show what differs between two runs",
  positionals: [
    { name: "left", description: "The one run", isRequired: true, completes: "run" },
    { name: "right", description: "The other one", isRequired: true, completes: "run" },
  ],
  examples: [
    { line: "diff 7k3m 9q2x", meaning: "Arguments, environment names, output and outcome, where they differ." },
  ],
  json: { document: "runDifference" },
});
