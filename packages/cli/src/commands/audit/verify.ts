import { defineCommand } from "../../command-spec.ts";

export const auditVerify = defineCommand({
  name: "audit verify",
  summary: "Check that the log and the outputs are as they were recorded",
  options: {
    from: {
      type: "number",
      valueName: "seq",
      isInteger: true,
      min: 1,
      description: "Begin at this event, and believe what lies before",
    },
    to: { type: "number", valueName: "seq", isInteger: true, min: 1, description: "End at this event" },
  },
  examples: [
    {
      line: "audit verify",
      meaning: "Recompute the chain; compare runs, signed heads and outputs. Exit 1 at the first difference.",
    },
    { line: "audit verify --from 9000", meaning: "Only what has been added since event 9000." },
  ],
  json: { document: "auditVerification" },
});
