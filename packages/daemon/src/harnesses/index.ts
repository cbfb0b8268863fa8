import { claude } from "./claude.ts";
import { codex } from "./codex.ts";
import type { Harness } from "./harness.ts";
import { opencode } from "./opencode.ts";
import { ownShell } from "./shell.ts";

/** Every agent that works without configuration. */
export const harnesses: readonly Harness[] = [opencode, codex, claude, ownShell];

/** What agents read in a repository and may run by their own rules: a person is told before trusting it. */
export const agentFolders: readonly string[] = [...new Set(harnesses.flatMap(({ folders }) => folders))].sort();
