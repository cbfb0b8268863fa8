import { defineCommand } from "../command-spec.ts";
import { runPositional } from "./run-positional.ts";

export const stop = defineCommand({
  name: "stop",
  summary: "Ask a run to end, then end it, and wait until it has ended",
  positionals: [runPositional],
  options: { kill: { type: "boolean", description: "End it at once, without asking" } },
  examples: [{ line: "stop 7k3m", meaning: "Stop the run and every process it started." }],
  json: { document: "jobRecord" },
});
