import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "./task-positional.ts";

export const edit = defineCommand({
  name: "edit",
  summary: "Open the file of a task in the editor, or change its header",
  positionals: [taskPositional],
  options: {
    title: { type: "string", short: "t", valueName: "text", description: "Change the title, without the editor" },
    base: {
      type: "string",
      short: "b",
      valueName: "branch",
      description: "Change the base branch, without the editor",
    },
    agent: { type: "string", short: "a", valueName: "name", description: "Change the agent, without the editor" },
  },
  examples: [
    { line: "edit login", meaning: "In the editor that VISUAL or EDITOR names." },
    { line: "edit 3 --agent codex", meaning: "Change a line of the header; everything else stays as it is." },
  ],
  json: { document: "task" },
});
