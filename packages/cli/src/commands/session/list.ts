import { defineCommand } from "../../command-spec.ts";

export const sessionList = defineCommand({
  name: "session list",
  summary: "List the live sessions, and who is attached to their terminals",
  examples: [{ line: "session list", meaning: "Everything that runs now, oldest first." }],
  json: { document: "sessionList" },
});
