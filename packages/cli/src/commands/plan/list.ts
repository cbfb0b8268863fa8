import { defineCommand } from "../../command-spec.ts";

export const planList = defineCommand({
  name: "plan list",
  summary: "List the configured tasks",
  examples: [{ line: "plan list", meaning: "Every task that can be planned, with its description." }],
  json: { document: "planList" },
});
