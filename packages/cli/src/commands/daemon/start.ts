import { defineCommand } from "../../command-spec.ts";

export const daemonStart = defineCommand({
  name: "daemon start",
  summary: "Start the daemon unless it runs",
  examples: [{ line: "daemon start", meaning: "Other commands do this by themselves." }],
  json: { document: "daemonState" },
});
