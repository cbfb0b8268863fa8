import { defineCommand } from "../command-spec.ts";
import { runPositional } from "./run-positional.ts";

export const attach = defineCommand({
  name: "attach",
  summary: "Use the terminal of a live run as if it were started here",
  positionals: [runPositional],
  options: { "read-only": { type: "boolean", description: "Only watch: nothing typed reaches the run" } },
  examples: [
    { line: "attach 7k3m", meaning: "Its screen and its keyboard; Ctrl-Q leaves it running." },
    {
      line: "attach 7k3m --json",
      meaning: "The same, and one JSON document at the end; stdout may be a file or pipe when stderr is the terminal.",
    },
    { line: "attach --read-only build", meaning: "Watch the last run of a job beside whoever controls it." },
  ],
  json: { document: "attachmentEnd" },
});
