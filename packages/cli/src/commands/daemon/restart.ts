import { defineCommand } from "../../command-spec.ts";

export const daemonRestart = defineCommand({
  name: "daemon restart",
  summary: "Replace the daemon by a new process; running sessions do not notice",
  examples: [{ line: "daemon restart", meaning: "After an upgrade." }],
  json: { document: "daemonState" },
});
