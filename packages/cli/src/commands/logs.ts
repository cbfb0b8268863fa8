import { defineCommand } from "../command-spec.ts";
import { optionalRunPositional } from "./run-positional.ts";

export const logs = defineCommand({
  name: "logs",
  summary: "Print the output of a run, or find a text in that of all runs",
  positionals: [optionalRunPositional],
  options: {
    follow: { type: "boolean", short: "f", description: "Go on until the run ends" },
    stderr: { type: "boolean", description: "Only its stderr, on stdout" },
    "since-offset": {
      type: "number",
      valueName: "bytes",
      isInteger: true,
      description: "Only its stdout (with --stderr: its stderr) from this byte on",
    },
    search: {
      type: "string",
      valueName: "text",
      description: "Instead: the lines of all runs that contain this text, newest run first",
    },
    "ignore-case": { type: "boolean", short: "i", description: "With --search: upper and lower case are the same" },
    job: { type: "string", valueName: "name", description: "With --search: only runs of this job" },
    limit: {
      type: "number",
      short: "n",
      valueName: "count",
      isInteger: true,
      min: 1,
      description: "With --search: end after so many lines; 100 when absent",
    },
    raw: { type: "boolean", description: "Exact bytes on a terminal too, with all control characters" },
  },
  examples: [
    { line: "logs 7k3m", meaning: "What the run wrote to stdout and stderr, each to ours." },
    { line: "logs backup --follow", meaning: "The output of a job's last run as it grows." },
    { line: "logs 7k3m --raw > copy", meaning: "The very bytes of its stdout." },
    { line: "logs --search 'disk full'", meaning: "Run, job, stream, offset and line of every hit." },
  ],
  json: { document: "logsLine", isPerLine: true },
});
