import { defineCommand } from "../../command-spec.ts";

export const newTask = defineCommand({
  name: "new",
  summary: "Write down a new task",
  positionals: [
    { name: "slug", description: "A word for it; any text makes one. A taken one gets -2", isRequired: true },
  ],
  options: {
    title: { type: "string", short: "t", valueName: "text", description: "What it is about; else the word itself" },
    base: {
      type: "string",
      short: "b",
      valueName: "branch",
      description: "Where its work begins and goes back to; else the current branch",
    },
    agent: { type: "string", short: "a", valueName: "name", description: "Who works on it" },
    label: { type: "list", short: "l", valueName: "label", description: "A word to find it by" },
    message: {
      type: "string",
      short: "m",
      valueName: "text",
      description: "What the agent is told; - reads it from stdin",
    },
    edit: { type: "boolean", short: "e", description: "Open its file in the editor" },
    start: { type: "boolean", short: "s", description: "Start its agent" },
    attach: { type: "boolean", description: "Start its agent and attach to its terminal" },
  },
  examples: [
    { line: "new login", meaning: "A draft in .orchastration/tasks, named after the word." },
    {
      line: 'new login --title "Fix the login" --agent claude --attach',
      meaning: "Write it down, start the agent in a worktree, and watch it work.",
    },
    { line: "new notes --message - < plan.md", meaning: "What the agent is told comes from a file." },
  ],
  json: { document: "task" },
});
