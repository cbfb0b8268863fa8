import { defineCommand } from "../command-spec.ts";
import { runPositional } from "./run-positional.ts";

export const exportRun = defineCommand({
  name: "export",
  summary: "Write a recording of a run's terminal that other programs play",
  positionals: [runPositional],
  options: {
    asciicast: { type: "boolean", description: "As asciinema and agg read it (asciicast, version 2)" },
    output: { type: "string", short: "o", valueName: "file", description: "Into this file instead of stdout" },
  },
  examples: [
    { line: "export 7k3m --asciicast -o demo.cast", meaning: "Then: asciinema play demo.cast" },
    { line: "export shell --asciicast | agg - demo.gif", meaning: "An animation of a job's last run." },
  ],
});
