import type { Harness } from "./harness.ts";

/** Flags: https://opencode.ai/docs/cli; project files: https://opencode.ai/docs/config */
export const opencode: Harness = {
  name: "opencode",
  command: () => ["opencode"],
  // A bare argument would be the directory of the project.
  promptArguments: (prompt) => [`--prompt=${prompt}`],
  resumeArguments: (conversationId) => ["--session", conversationId],
  newConversationArguments: null,
  environment: ["OPENCODE_*", "*_API_KEY"],
  // The file may name programs that are started as MCP servers.
  folders: [".opencode", "opencode.json", "opencode.jsonc"],
};
