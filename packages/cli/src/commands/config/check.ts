import { defineCommand } from "../../command-spec.ts";

export const configCheck = defineCommand({
  name: "config check",
  summary: "Look for mistakes in the configuration files",
  examples: [{ line: "config check", meaning: "A line file:line: key: message per mistake; exit 78 if there is one." }],
  json: { document: "configProblems" },
});
