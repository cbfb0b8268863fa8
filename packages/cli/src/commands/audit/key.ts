import { defineCommand } from "../../command-spec.ts";

export const auditKey = defineCommand({
  name: "audit key",
  summary: "Print the public key that exports and signed heads are checked with",
  examples: [{ line: "audit key > key.pem", meaning: "Hand it over by another way than the exports." }],
  json: { document: "auditKey" },
});
