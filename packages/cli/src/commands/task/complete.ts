import { defineCommand } from "../../command-spec.ts";
import { stopOption } from "./stop-option.ts";
import { taskPositional } from "./task-positional.ts";

export const complete = defineCommand({
  name: "complete",
  summary: "Say that the work of a task is done",
  positionals: [taskPositional],
  options: {
    reason: { type: "string", valueName: "text", description: "A remark for the record" },
    stop: stopOption,
  },
  examples: [
    { line: "complete login", meaning: "The session goes on; review and merge come next." },
    { line: "complete login --stop", meaning: "The same, and the agent is ended." },
  ],
  json: { document: "task" },
});
