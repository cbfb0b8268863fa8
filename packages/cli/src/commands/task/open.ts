import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "./task-positional.ts";

export const open = defineCommand({
  name: "open",
  summary: "Open the directory of a task in the editor, or in the file manager",
  positionals: [taskPositional],
  options: { files: { type: "boolean", description: "In the file manager of the system" } },
  examples: [
    { line: "open login", meaning: "In the editor that VISUAL or EDITOR names." },
    { line: "open login --files", meaning: "In the file manager." },
  ],
});
