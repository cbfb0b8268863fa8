import { defineCommand } from "../../command-spec.ts";

export const daemonInstall = defineCommand({
  name: "daemon install",
  summary: "Let the system start the daemon at login: systemd, launchd or a logon task",
  options: { "dry-run": { type: "boolean", description: "Print what would be written, and write nothing" } },
  examples: [{ line: "daemon install --dry-run", meaning: "Read the files before they are written." }],
  json: { document: "service" },
});
