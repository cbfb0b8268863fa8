import { defineCommand } from "../../command-spec.ts";

export const auditCheck = defineCommand({
  name: "audit check",
  summary: "Check an export that somebody handed over",
  positionals: [{ name: "file", description: "What audit export wrote", isRequired: true }],
  options: {
    key: {
      type: "string",
      valueName: "file",
      description: "The public key of whoever exported it (audit key); otherwise this instance's own",
    },
    head: {
      type: "string",
      valueName: "file",
      description: "A signed head that you were given earlier: the export must show the chain where it stood then",
    },
  },
  examples: [
    { line: "audit check run.json --key them.pem", meaning: "Exit 1 unless it holds." },
    {
      line: "audit check through.json --key them.pem --head 42-8b20e0d4c4fd20e1.json",
      meaning: "Also that the log has not been written again since that head was signed.",
    },
  ],
  json: { document: "auditExportCheck" },
});
