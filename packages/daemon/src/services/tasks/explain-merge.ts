import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Task } from "@orchastration/protocol/contract";
import type { MergeRefusal } from "../../git/merge.ts";
import type { Resolution } from "../../git/resolve-in-worktree.ts";
import { listItems, listNames, showName } from "./list-names.ts";

type AnyRefusal = MergeRefusal | Extract<Resolution, { kind: "refused" }>["refusal"];

interface Explanation {
  readonly message: string;
  readonly hint: string;
}

/** A refusal of git's side as an error of the wire: what stands in the way, and what to do. */
export function mergeRefused(task: Task, refusal: AnyRefusal): OrchastrationError {
  const name = taskName(task);
  if (refusal.kind === "missing" || refusal.kind === "too-old") {
    const found = refusal.kind === "missing" ? "there is no git on the PATH" : `git ${refusal.version} is too old`;
    return new OrchastrationError("GitUnavailable", `task ${name} cannot be merged: ${found}`);
  }
  if (refusal.kind === "conflict") {
    const files = refusal.files.map(({ path, kind }) => `${showName(path)} (${kind})`);
    const where = refusal.commit === null ? "" : ` (at its commit ${refusal.commit.slice(0, 8)})`;
    return new OrchastrationError(
      "MergeConflict",
      `task ${name} and its base changed the same things${where}: ${listItems(files)}`,
      {
        details: { conflicts: refusal.files },
        hint: `\`orchastration merge ${name} --resolve\` brings the base into the task's worktree; resolve it there, then merge again.`,
      },
    );
  }
  const { message, hint } = explain(name, refusal);
  return new OrchastrationError("MergeRefused", `task ${name} cannot be merged: ${message}`, {
    details: { reason: refusal.kind },
    hint,
  });
}

function explain(
  name: string,
  refusal: Exclude<AnyRefusal, { kind: "missing" | "too-old" | "conflict" }>,
): Explanation {
  const again = `then \`orchastration merge ${name}\` again.`;
  switch (refusal.kind) {
    case "base-missing":
      return {
        message: `there is no branch ${refusal.base}`,
        hint: `Name another one: \`orchastration merge ${name} --into <branch>\`.`,
      };
    case "branch-missing":
      return {
        message: `its branch ${refusal.branch} does not exist any more`,
        hint: `Its commits may be found with \`git reflog\`, or under refs/orchastration/backup; make the branch anew, ${again}`,
      };
    case "nothing-to-merge":
      return {
        message: refusal.why === "no-commits" ? "it has no commits of its own" : "its commits change nothing",
        hint: `Commit the work in its worktree, or let \`orchastration merge ${name} --include-dirty\` do it; \`orchastration remove ${name}\` forgets a task that needs none.`,
      };
    case "already-merged":
      return {
        message: `everything of it is in the base already (${howMerged[refusal.how]})`,
        hint: `There is nothing left to do: \`orchastration remove ${name}\` forgets the task and keeps its branch under a backup ref.`,
      };
    case "unrelated-histories":
      return {
        message: "its branch and the base have no common commit",
        hint: refusal.isShallow
          ? `The clone is shallow: \`git fetch --unshallow\`, ${again}`
          : "They belong to different histories; merge them by hand.",
      };
    case "worktree-quarantined":
      return {
        message: `${refusal.path} is not the worktree that was made there: ${refusal.why}`,
        hint: "Nothing is run in it and nothing of it removed. Look at it by hand.",
      };
    case "worktree-dirty":
      return {
        message: `its worktree has uncommitted files: ${listNames([...refusal.changed, ...refusal.untracked])}`,
        hint: `Commit them in ${refusal.path}, or let \`orchastration merge ${name} --include-dirty\` do it.`,
      };
    case "worktree-elsewhere": {
      const found = refusal.branch === null ? "no branch" : `the branch ${refusal.branch}`;
      return {
        message: `its worktree has ${found} checked out instead of its own`,
        hint: `Check its own branch out in ${refusal.path}, ${again}`,
      };
    }
    case "worktree-missing":
      return {
        message: `its worktree ${refusal.path} is not there`,
        hint: `\`orchastration start ${name}\` makes it anew.`,
      };
    case "worktree-in-the-way":
      return {
        message: `the base would overwrite ignored files of its worktree: ${listNames(refusal.files)}`,
        hint: `Move them away in ${refusal.path}, ${again}`,
      };
    case "operation-unfinished":
      return {
        message: `a ${refusal.operation} is unfinished in its worktree`,
        hint: `Finish or abort it in ${refusal.path}, ${again}`,
      };
    case "index-locked":
      return {
        message: `another git works in ${refusal.path}, or died there`,
        hint: `Wait for it, or remove its index.lock, ${again}`,
      };
    case "base-keeps-moving":
      return {
        message: `${refusal.base} got new commits ${refusal.attempts} times meanwhile`,
        hint: "Try again when it is quiet.",
      };
    case "identity-missing":
      return {
        message: `git does not know who you are: ${refusal.why}`,
        hint: `\`git config user.name\` and \`git config user.email\` tell it, ${again}`,
      };
    case "signing-failed":
      return {
        message: `the commit could not be signed: ${refusal.why}`,
        hint: `Check commit.gpgsign and your key, ${again}`,
      };
    case "nested-repositories":
      return {
        message: `its worktree contains repositories of their own: ${listNames(refusal.paths)}`,
        hint: `Move them away, or commit by hand, ${again}`,
      };
    case "filters-disabled":
      return {
        message: `files need filters of the repository's own configuration (${refusal.filters.join(", ")}), which are not run: ${listNames(refusal.paths)}`,
        hint: `Commit them by hand, ${again}`,
      };
    case "commit-failed":
      return {
        message: `its uncommitted files could not be committed: ${refusal.why}`,
        hint: `Commit them by hand, ${again}`,
      };
    case "checkout-in-the-way":
      return {
        message: `the base is checked out in ${refusal.checkout} with changes that the merge touches: ${listNames(refusal.files)}`,
        hint: `Commit, stash or move them, ${again}`,
      };
    case "checkout-locked":
      return {
        message: `another git works in ${refusal.checkout}`,
        hint: `Wait for it, or remove ${refusal.lock}, ${again}`,
      };
    case "checkout-unfinished":
      return {
        message: `a ${refusal.operation} is unfinished in ${refusal.checkout}`,
        hint: `Finish or abort it there, ${again}`,
      };
    case "checkout-unavailable":
      return {
        message: `the base is checked out in ${refusal.checkout}, which cannot be used: ${refusal.why}`,
        hint: `Mend that checkout, or check another branch out there, ${again}`,
      };
    case "checkout-refused":
      return { message: `git refused in ${refusal.checkout}: ${refusal.why}`, hint: "What git said names the cause." };
    case "base-checked-out-twice":
      return {
        message: `${refusal.base} is checked out more than once: ${refusal.checkouts.join(", ")}`,
        hint: `Check another branch out in all but one, ${again}`,
      };
    case "case-twins":
      return {
        message: `names that differ in letter case alone are one file in ${refusal.checkout}: ${listNames(refusal.files)}`,
        hint: `Rename one of each in the task's worktree, ${again}`,
      };
    case "ref-locked":
      return {
        message: `git could not move ${refusal.base}: ${refusal.why}`,
        hint: "Try again when no other git runs.",
      };
  }
}

const howMerged = {
  ancestor: "its commits are part of it",
  "same-content": "nothing would change",
  squashed: "squashed into one of its commits",
} as const;
