import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "./task-positional.ts";

export const merge = defineCommand({
  name: "merge",
  summary: "Bring a completed or reviewed task into its base branch",
  positionals: [taskPositional],
  options: {
    into: { type: "string", valueName: "branch", description: "Another branch than the one it was made from" },
    strategy: {
      type: "string",
      valueName: "strategy",
      choices: ["squash", "rebase", "merge"],
      description: "One commit, each of its commits, or a merge commit; else as configured",
    },
    "include-dirty": { type: "boolean", description: "Commit what is uncommitted in its worktree first" },
    resolve: { type: "boolean", description: "Merge the base into its worktree and leave conflicts there" },
    stop: { type: "boolean", description: "End its live session first" },
  },
  examples: [
    { line: "merge login", meaning: "One commit on its base branch. A refusal changes nothing and says why." },
    { line: "merge login --resolve", meaning: "After a conflict: resolve it in the worktree, then merge again." },
  ],
  json: { document: "merged" },
});
