import { bash } from "./bash.ts";
import { fish } from "./fish.ts";
import { nu } from "./nu.ts";
import { powershell } from "./powershell.ts";
import { zsh } from "./zsh.ts";

/**
 * What each shell reads at its start: `ocd <task>`, which goes to the task's worktree, and completion. When the program
 * refuses, its message is shown and the shell stays where it is.
 */
export const HOOKS = { zsh, bash, fish, nu, powershell } as const;
