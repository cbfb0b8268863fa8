import { existsSync } from "node:fs";
import { join } from "node:path";
import { findInTheWay } from "./apply-merge.ts";
import { type CommitProblem, findIdentityProblem } from "./commit.ts";
import { lastLines } from "./git-error.ts";
import { inspectWorktree, type WorktreeContent } from "./inspect-worktree.ts";
import { disarm } from "./local-commands.ts";
import type { MergePlan, MergeRefusal } from "./merge.ts";
import { findBranchCommit } from "./repository.ts";
import { gitAt, readGit, readItems, showPath } from "./run-git.ts";
import { verifyWorktree } from "./worktree-list.ts";

export type Resolution =
  /** The files have git's conflict marks; `git add` them and commit, then merge again. */
  | { readonly kind: "conflict-left"; readonly files: readonly string[] }
  | { readonly kind: "merged"; readonly head: string }
  | { readonly kind: "up-to-date" }
  | {
      readonly kind: "refused";
      readonly refusal:
        | MergeRefusal
        | CommitProblem
        | { readonly kind: "worktree-missing"; readonly path: string }
        | { readonly kind: "worktree-in-the-way"; readonly path: string; readonly files: readonly string[] };
    };

/** Merges the base into the task's own worktree and leaves the conflict there, for a person or an agent. The base is not touched. @throws GitError */
export async function resolveInWorktree(
  plan: Pick<MergePlan, "repository" | "worktree" | "branch" | "base">,
): Promise<Resolution> {
  const { worktree: path, branch, base, repository } = plan;
  const refuse = (refusal: Extract<Resolution, { kind: "refused" }>["refusal"]): Resolution => ({
    kind: "refused",
    refusal,
  });
  const state = await verifyWorktree(repository.commonDir, path);
  if (state.kind === "missing") return refuse({ kind: "worktree-missing", path });
  if (state.kind === "quarantined") return refuse({ kind: "worktree-quarantined", path, why: state.why });
  const place = { gitDir: state.gitDir, workTree: path };
  const { git } = await disarm(gitAt(place));
  const obstacle = judge(await inspectWorktree(place), path, branch) ?? (await findIdentityProblem(git));
  if (obstacle !== undefined) return refuse(obstacle);
  const theirs = await findBranchCommit(git, base);
  if (theirs === undefined) return refuse({ kind: "base-missing", base });
  const head = await readGit(git, ["rev-parse", "HEAD"]);
  const { code: isOld, stdout } = await git(["merge-base", head, theirs], { accept: [0, 1] });
  if (isOld === 1) return refuse({ kind: "unrelated-histories", isShallow: repository.isShallow });
  const parting = stdout.toString("utf8").trim();
  if (parting === theirs) return { kind: "up-to-date" };
  const files = await findInTheWay(place, parting, theirs).then((all) => filterUntracked(place, all));
  if (files.length > 0) return refuse({ kind: "worktree-in-the-way", path, files });

  const options = [
    "--no-ff",
    "--commit",
    "--no-squash",
    "--no-edit",
    "--no-verify",
    "--no-autostash",
    "--no-stat",
    "--quiet",
    "-s",
    "ort",
  ];
  const { code, stderr } = await git(
    ["merge", ...options, "-m", `Merge ${base} into ${branch}`, "--end-of-options", theirs],
    {
      settings: [[`branch.${branch}.mergeoptions`, ""]],
      accept: [0, 1, 2, 128],
      isWrite: true,
    },
  );
  if (code === 0) return { kind: "merged", head: await readGit(git, ["rev-parse", "HEAD"]) };
  if (!existsSync(join(place.gitDir, "MERGE_HEAD")))
    return refuse({ kind: "checkout-refused", checkout: path, why: lastLines(stderr) });
  const unmerged = await readItems(git, ["diff", "--no-ext-diff", "--name-only", "-z", "--diff-filter=U"]);
  return { kind: "conflict-left", files: unmerged.map(showPath) };
}

/** The worktree is clean: what is in the way and not tracked is ignored, and a merge of git would overwrite it. */
async function filterUntracked(
  place: { readonly gitDir: string; readonly workTree: string },
  files: readonly string[],
): Promise<string[]> {
  const tracked = new Set((await readItems(gitAt(place), ["ls-files", "-z"])).map(showPath));
  return files.filter((file) => !tracked.has(file));
}

function judge(content: WorktreeContent, path: string, branch: string): MergeRefusal | undefined {
  const { head, changed, untracked, operation } = content;
  if (content.isIndexLocked) return { kind: "index-locked", path };
  if (operation !== null) return { kind: "operation-unfinished", path, operation };
  if (head.kind === "detached") return { kind: "worktree-elsewhere", path, branch: null, commit: head.commit };
  if (head.branch !== branch) return { kind: "worktree-elsewhere", path, branch: head.branch, commit: null };
  return changed.length + untracked.length > 0 ? { kind: "worktree-dirty", path, changed, untracked } : undefined;
}
