import { defineCommand } from "../../command-spec.ts";

export const daemonUninstall = defineCommand({
  name: "daemon uninstall",
  summary: "Undo daemon install; a running daemon and its sessions go on",
  options: { "dry-run": { type: "boolean", description: "Print what would be removed, and remove nothing" } },
  examples: [{ line: "daemon uninstall", meaning: "The daemon is then started on demand again." }],
  json: { document: "service" },
});
