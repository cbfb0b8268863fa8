import { defineCommand } from "../command-spec.ts";

export const hash = defineCommand({
  name: "hash",
  summary: "Compute or check the digests of files",
  positionals: [{ name: "paths", description: "Files, as with --file", isVariadic: true }],
  options: {
    file: { type: "list", isGreedy: true, valueName: "path", description: "Files to read" },
    algo: {
      type: "string",
      short: "a",
      valueName: "name",
      choices: ["sha256", "sha1", "sha512"],
      description: "Algorithm; otherwise as configured, and with --check as long as the digest",
    },
    check: {
      type: "string",
      short: "c",
      valueName: "file",
      description: "Check the files and digests listed in this file",
    },
    format: {
      type: "string",
      valueName: "name",
      choices: ["json", "gnu"],
      description: "json: an object per line (default); gnu: lines as sha256sum prints them",
    },
  },
  examples: [
    { line: "hash --file photo.raw notes.md", meaning: "One JSON object per line." },
    { line: "hash --format gnu *.iso > SHA256SUMS", meaning: "A list that sha256sum -c takes." },
    { line: "hash --check SHA256SUMS", meaning: "Say OK or FAILED for each file; exit 1 unless all are OK." },
  ],
  json: { document: "hashLine", isPerLine: true },
});
