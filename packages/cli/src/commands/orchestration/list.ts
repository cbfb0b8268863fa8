import { defineCommand } from "../../command-spec.ts";

export const orchestrationList = defineCommand({
  name: "orchestration list",
  summary: "List the configured pipelines of roles, each with how it went last",
  examples: [{ line: "orchestration list", meaning: "Names, roles in order, and the newest run." }],
  json: { document: "orchestrationList" },
});
