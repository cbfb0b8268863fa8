import { defineCommand } from "../../command-spec.ts";

export const daemonLogs = defineCommand({
  name: "daemon logs",
  summary: "Print the daemon's log",
  options: {
    follow: { type: "boolean", short: "f", description: "Go on until interrupted" },
    lines: {
      type: "number",
      short: "n",
      valueName: "count",
      isInteger: true,
      description: "Only so many of the last lines",
    },
  },
  examples: [{ line: "daemon logs --follow -n 20", meaning: "The last twenty lines, then new ones as they come." }],
  json: { document: "logLine", isPerLine: true },
});
