import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "./task-positional.ts";

export const path = defineCommand({
  name: "path",
  summary: "Print the directory in which the work of a task is done",
  positionals: [taskPositional],
  examples: [{ line: "path login", meaning: 'For cd, or an editor: code "$(orchastration path login)".' }],
  json: { document: "taskPath" },
});
