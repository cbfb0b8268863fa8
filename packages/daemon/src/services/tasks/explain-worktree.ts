import type { WorktreeRefusal } from "../../git/worktree.ts";

/** Why a worktree cannot be made, as a sentence that says what to do. */
export function explainWorktreeRefusal(refusal: WorktreeRefusal): string {
  switch (refusal.kind) {
    case "bad-branch-name":
      return `the branch cannot be called ${refusal.branch}: ${refusal.why}`;
    case "no-such-commit":
      return `the commit ${refusal.commit}, from which it was to begin, does not exist any more`;
    case "branch-exists":
      return `a branch ${refusal.branch} exists already (at ${refusal.commit.slice(0, 8)}) and is not of this task; rename it: \`git branch -m ${refusal.branch} <name>\``;
    case "branch-checked-out":
      return `its branch ${refusal.branch} is checked out in ${refusal.path}; check out another one there`;
    case "path-exists":
      return `${refusal.path} exists already and is not of this task; move it away`;
    case "path-outside-root":
      return `${refusal.path} does not lie directly in ${refusal.root}; check \`worktrees.root\`, and that no part of it is a symbolic link`;
    case "quarantined":
      return `${refusal.path} is not what was made there: ${refusal.why}. Nothing is run in it and nothing of it removed; look at it by hand`;
    case "locked":
      return `${refusal.path} is locked (${refusal.why}); \`git worktree unlock\` takes the lock away`;
    case "being-made":
      return `another git makes ${refusal.path} at this moment, or died over it; \`git worktree unlock\` takes its lock away`;
  }
}
