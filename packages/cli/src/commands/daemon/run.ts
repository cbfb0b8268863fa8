import { defineCommand } from "../../command-spec.ts";

export const daemonRun = defineCommand({
  name: "daemon run",
  summary: "Run the daemon in the foreground, with its log on stdout",
  examples: [
    { line: "daemon run", meaning: "For service managers and for watching it work. Ctrl-C ends it; sessions go on." },
  ],
});
