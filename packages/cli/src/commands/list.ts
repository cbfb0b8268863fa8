import { defineCommand } from "../command-spec.ts";

export const list = defineCommand({
  name: "list",
  summary: "List the configured jobs",
  examples: [{ line: "list", meaning: "Every job that can be run from this directory, with its description." }],
  json: { document: "jobList" },
});
