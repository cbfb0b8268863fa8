import { defineCommand } from "../../command-spec.ts";
import { optionalRunPositional } from "../run-positional.ts";

export const auditExport = defineCommand({
  name: "audit export",
  summary: "Write the signed record of a run or task, for somebody else to check",
  positionals: [optionalRunPositional],
  options: {
    task: {
      type: "string",
      valueName: "task",
      description: "A task instead of a run: its own events and those of its runs (3-login needs no --task)",
    },
    output: { type: "string", short: "o", valueName: "file", description: "Write it here instead of on stdout" },
    whole: {
      type: "boolean",
      description: "Include the events of others in between, as proof that nothing was left out there",
    },
    through: {
      type: "number",
      valueName: "seq",
      isInteger: true,
      min: 1,
      description: "Whole, and on to this event, for whoever holds a signed head of it",
    },
  },
  examples: [
    {
      line: "audit export 7k3m -o run.json",
      meaning: "A DSSE envelope with an in-toto statement (SLSA provenance); docs/audit.md says how to check it.",
    },
    { line: "audit export --task login -o task.json", meaning: "The whole story of a task, to its merge." },
  ],
  json: { document: "auditExport" },
});
