import { defineCommand } from "../command-spec.ts";

export const trust = defineCommand({
  name: "trust",
  summary: "Let the configuration of this repository run commands",
  options: {
    show: { type: "boolean", description: "Print what trust would cover, and change nothing" },
    revoke: { type: "boolean", description: "Take trust back" },
    yes: { type: "boolean", short: "y", description: "Trust what is there now without asking" },
  },
  examples: [
    { line: "trust", meaning: "Show what the repository could run, and ask. Any later change of it ends the trust." },
    { line: "trust --show", meaning: "The files that count, and what changed in them since they were trusted." },
    { line: "trust --revoke", meaning: "Its jobs can no longer be started; those that run go on." },
  ],
  json: { document: "trustState" },
});
