import { defineCommand } from "../../command-spec.ts";
import { taskPositional } from "./task-positional.ts";

export const sessionSet = defineCommand({
  name: "session set",
  summary: "Remember the id of the conversation that the agent of a task has",
  positionals: [
    taskPositional,
    { name: "session-id", description: "As the agent calls its conversation", isRequired: true },
  ],
  examples: [{ line: "session set login 0f9d1c1e-5b1f", meaning: "resume goes on with it." }],
  json: { document: "task" },
});
