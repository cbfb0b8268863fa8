import { defineCommand } from "../command-spec.ts";

export const doctor = defineCommand({
  name: "doctor",
  summary: "Check the installation, the state directory, the records, and what is left over",
  options: {
    repair: { type: "boolean", description: "First mend what can be mended without losing anything or guessing" },
    bundle: {
      type: "string",
      valueName: "file",
      description: "Write a report for somebody else to read: no commands, output, environment or configuration",
    },
    "rewrite-records": { type: "boolean", description: "Write every JSON record again from the registry" },
  },
  examples: [
    { line: "doctor --bundle report.json", meaning: "What to attach to a report of a defect." },
    { line: "doctor", meaning: "One line per check; exit 1 when something is wrong." },
  ],
  json: { document: "diagnosis" },
});
