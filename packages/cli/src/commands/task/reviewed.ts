import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "./task-positional.ts";

export const reviewed = defineCommand({
  name: "reviewed",
  summary: "Say that you have looked at completed work and accept it",
  positionals: [taskPositional],
  examples: [{ line: "reviewed login", meaning: "A person's word; merge takes it in." }],
  json: { document: "task" },
});
