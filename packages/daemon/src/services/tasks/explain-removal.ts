import type { RemovalRefusal } from "../../git/remove-worktree.ts";
import { listNames } from "./list-names.ts";

/** Why a worktree stays, as a sentence that says what to do. */
export function explainRemovalRefusal(refusal: RemovalRefusal): string {
  switch (refusal.kind) {
    case "session-lives":
      return "a session lives in its worktree; stop it first";
    case "outside-root":
      return `its worktree does not lie directly in ${refusal.root}; look at it by hand`;
    case "not-listed":
      return "git does not know its worktree; look at it by hand";
    case "quarantined":
      return `its worktree is not what was made there: ${refusal.why}; look at it by hand`;
    case "locked":
      return `its worktree is locked (${refusal.why}); \`git worktree unlock\` takes the lock away`;
    case "uncommitted":
      return `its worktree has uncommitted files: ${listNames([...refusal.changed, ...refusal.untracked])}; commit or remove them`;
    case "hidden-changes":
      return `its worktree may have changes that git was told not to see (assume-unchanged, skip-worktree): ${listNames(refusal.files)}`;
    case "operation-unfinished":
      return `a ${refusal.operation} is unfinished in its worktree; finish or abort it`;
    case "index-locked":
      return `another git works in its worktree, or died there: ${refusal.lock}`;
    case "submodules":
      return `its worktree has submodules, whose commits may exist nowhere else: ${listNames(refusal.paths)}`;
    case "nested-repositories":
      return `its worktree contains repositories whose commits may exist nowhere else: ${listNames(refusal.paths)}`;
    case "not-movable":
      return `its worktree cannot be moved: ${refusal.why}`;
  }
}
