import type { Harness } from "./harness.ts";

/** Usage: https://developers.openai.com/codex/cli/features and docs/getting-started.md in https://github.com/openai/codex */
export const codex: Harness = {
  name: "codex",
  command: () => ["codex"],
  promptArguments: (prompt) => [prompt],
  // `codex resume <id> [prompt]`; options of codex itself may stand before it.
  resumeArguments: (conversationId) => ["resume", conversationId],
  newConversationArguments: null,
  environment: ["CODEX_*", "OPENAI_*"],
  folders: [".codex"],
};
