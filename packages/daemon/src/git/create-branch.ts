import { GitError } from "./git-error.ts";
import { findBranchCommit, isBranchName, openRepository } from "./repository.ts";
import { gitAt } from "./run-git.ts";

export type CreatedBranch =
  | { readonly kind: "created"; readonly commit: string; readonly root: string }
  | { readonly kind: "exists"; readonly commit: string; readonly root: string }
  | { readonly kind: "refused"; readonly why: string };

/** Makes a branch at what is checked out, where there is none of that name. Nothing is checked out or moved. @throws GitError */
export async function createBranch(directory: string, branch: string): Promise<CreatedBranch> {
  const opened = await openRepository(directory);
  if (opened.kind === "none") return refused(`${directory} is in no git repository`);
  if (opened.kind === "refused") return refused(`git does not open the repository at ${opened.at}: ${opened.why}`);
  const { root, gitDir, head } = opened.repository;
  if (head.kind === "unborn") return refused(`the repository ${root} has no commit yet, and so nothing to begin from`);
  const git = gitAt({ gitDir, workTree: null });
  if (!(await isBranchName(git, branch))) return refused(`git takes no branch of the name ${branch}`);
  const existing = await findBranchCommit(git, branch);
  if (existing !== undefined) return { kind: "exists", commit: existing, root };
  try {
    // An empty old value: only if it does not exist, also when somebody makes it at this moment.
    const update = ["update-ref", "--create-reflog", `refs/heads/${branch}`, head.commit, ""];
    await git(update, { isWrite: true });
  } catch (error) {
    const rival = await findBranchCommit(git, branch);
    if (rival === undefined || !(error instanceof GitError)) throw error;
    return { kind: "exists", commit: rival, root };
  }
  return { kind: "created", commit: head.commit, root };
}

function refused(why: string): CreatedBranch {
  return { kind: "refused", why };
}
