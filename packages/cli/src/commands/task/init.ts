import { defineCommand } from "../../command-spec.ts";

export const init = defineCommand({
  name: "init",
  summary: "Prepare the repository for tasks: .orchastration/ with its configuration",
  options: { "track-tasks": { type: "boolean", description: "Let git track the task files" } },
  examples: [
    { line: "init", meaning: "Make config.toml, tasks/ and .gitignore in .orchastration/. What is there stays." },
  ],
  json: { document: "initialized" },
});
