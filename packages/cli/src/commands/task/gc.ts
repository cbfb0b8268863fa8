import { defineCommand } from "../../command-spec.ts";

export const gc = defineCommand({
  name: "gc",
  summary: "Clean up after merged tasks: worktree, branch and file",
  options: {
    "dry-run": { type: "boolean", short: "n", description: "Only list what would go" },
    yes: { type: "boolean", short: "y", description: "Do not ask" },
  },
  examples: [
    {
      line: "gc",
      meaning: "List what is merged, ask, and remove it. Every branch stays reachable under a backup ref.",
    },
    { line: "gc --dry-run", meaning: "Only list it." },
  ],
  json: { document: "collected" },
});
