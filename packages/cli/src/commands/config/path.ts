import { defineCommand } from "../../command-spec.ts";

export const configPath = defineCommand({
  name: "config path",
  summary: "Print the path of the global configuration file",
  examples: [
    {
      line: "config path",
      meaning: "Where to write configuration; the file need not exist. --json: the project's file too.",
    },
  ],
  json: { document: "configFiles" },
});
