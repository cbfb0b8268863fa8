import { defineCommand } from "../command-spec.ts";

export const status = defineCommand({
  name: "status",
  summary: "Show every job with its last run, and the tasks of the repository",
  positionals: [{ name: "task", description: "Everything about one task", completes: "task" }],
  options: { watch: { type: "boolean", short: "w", description: "Keep showing changes until interrupted" } },
  examples: [
    { line: "status", meaning: "Which jobs ran last and how they ended; inside a repository also how its tasks are." },
    { line: "status login", meaning: "One task: its branch, its worktree, what its agent does." },
    { line: "status --watch", meaning: "The same, kept up to date." },
  ],
  json: { document: "status", ofOne: "task", isPerLine: true },
});
