import { defineCommand } from "../command-spec.ts";
import { runPositional } from "./run-positional.ts";

export const cancel = defineCommand({
  name: "cancel",
  summary: "Take a queued run out of the queue",
  positionals: [runPositional],
  examples: [{ line: "cancel 7k3m", meaning: "The run never starts." }],
  json: { document: "jobRecord" },
});
