import { defineCommand } from "../../command-spec.ts";

export const configShow = defineCommand({
  name: "config show",
  summary: "Print the configuration in force in this directory",
  options: { origin: { type: "boolean", description: "Say where each value comes from" } },
  examples: [{ line: "config show --origin", meaning: "Each value with the layer, file and line that set it." }],
  json: { document: "configValues" },
});
