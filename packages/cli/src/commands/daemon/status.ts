import { defineCommand } from "../../command-spec.ts";

export const daemonStatus = defineCommand({
  name: "daemon status",
  summary: "Say whether the daemon runs, and what it holds; exit 3 when it does not",
  examples: [{ line: "daemon status --json", meaning: "pid, version, socket, state_dir, sessions and more." }],
  json: { document: "daemonState" },
});
