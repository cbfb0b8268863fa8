import { defineCommand } from "../../command-spec.ts";
import { configuredTask } from "./task.ts";

export const planCreate = defineCommand({
  name: "plan create",
  summary: "Write down what a task is going to do, before anything runs",
  positionals: [configuredTask],
  examples: [
    {
      line: "plan create sample_task",
      meaning:
        "Record its command, directory, environment names, inputs, and the outputs and documents it is expected to make.",
    },
  ],
  json: { document: "plan" },
});
