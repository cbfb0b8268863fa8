import type { Harness } from "./harness.ts";

/** Flags: https://code.claude.com/docs/en/cli-reference */
export const claude: Harness = {
  name: "claude",
  command: () => ["claude"],
  promptArguments: (prompt) => [prompt],
  // Finds conversations of the directory it runs in, and of the worktrees of the same repository.
  resumeArguments: (conversationId) => ["--resume", conversationId],
  // Must be a UUID.
  newConversationArguments: (conversationId) => ["--session-id", conversationId],
  environment: ["ANTHROPIC_*", "CLAUDE_*"],
  folders: [".claude", ".mcp.json"],
};
