import { defineCommand } from "../../command-spec.ts";

export const daemonStop = defineCommand({
  name: "daemon stop",
  summary: "End the daemon; running sessions go on",
  options: { all: { type: "boolean", description: "End the running sessions as well" } },
  examples: [
    { line: "daemon stop", meaning: "Says how many sessions go on; the next daemon takes them over." },
    { line: "daemon stop --all", meaning: "Stops every run first." },
  ],
  json: { document: "daemonEnd" },
});
