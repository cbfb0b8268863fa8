import type { Commit, CommitProblem } from "./commit.ts";
import type { Conflict, MergeTrees } from "./merge-trees.ts";
import { type Git, readGit, readItems } from "./run-git.ts";

export type Replayed =
  | { readonly kind: "replayed"; readonly tip: string }
  | { readonly kind: "conflict"; readonly files: readonly Conflict[]; readonly commit: string }
  | CommitProblem;

interface Original {
  readonly commit: string;
  readonly parents: readonly string[];
  readonly tree: string;
  readonly author: Readonly<Record<string, string>>;
  readonly message: string;
}

/**
 * The commits that `head` has and `onto` has not, made again on top of `onto`, as `git rebase` would: merges are left out, and so is what `onto` has
 * already. No checkout is needed.
 */
export async function replayCommits(
  git: Git,
  merge: MergeTrees,
  commit: Commit,
  { onto, head }: { readonly onto: string; readonly head: string },
): Promise<Replayed> {
  const query = ["rev-list", "--reverse", "--topo-order", "--no-merges", "--right-only", "--cherry-pick"];
  const originals = (await readGit(git, [...query, `${onto}...${head}`])).split("\n").filter(Boolean);
  let tip = onto;
  for (const id of originals) {
    const original = await readOriginal(git, id);
    if (original.parents[0] === tip) {
      tip = id;
      continue;
    }
    const [before, ours] = await Promise.all([treeBefore(git, original), readGit(git, ["rev-parse", `${tip}^{tree}`])]);
    const merged = await mergeWithBase(git, merge, { before, ours, theirs: original.tree });
    if (merged.kind === "conflict") return { ...merged, commit: id };
    const isEmptied = merged.tree === ours && original.tree !== before;
    if (isEmptied) continue;
    const { author, message } = original;
    const made = await commit({ tree: merged.tree, parents: [tip], message, author });
    if (made.kind !== "committed") return made;
    tip = made.commit;
  }
  return { kind: "replayed", tip };
}

async function readOriginal(git: Git, commit: string): Promise<Original> {
  const format = "%P%x00%T%x00%an%x00%ae%x00%ad%x00%B";
  const show = ["show", "-s", "--no-show-signature", "--no-notes", "--date=raw", `--format=${format}`, commit];
  const [parents = "", tree = "", name = "", email = "", date = "", ...message] = (await git(show)).stdout
    .toString("utf8")
    .split("\0");
  return {
    commit,
    parents: parents.split(" ").filter(Boolean),
    tree,
    author: { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: date },
    message: `${message.join("\0").trimEnd()}\n`,
  };
}

async function treeBefore(git: Git, { parents }: Original): Promise<string> {
  const [parent] = parents;
  if (parent !== undefined) return readGit(git, ["rev-parse", `${parent}^{tree}`]);
  return readGit(git, ["mktree"], { input: "", isWrite: true });
}

/** git before 2.40 has no `merge-tree --merge-base`: three commits that nobody else knows have the wanted ancestor. */
async function mergeWithBase(
  git: Git,
  merge: MergeTrees,
  trees: { readonly before: string; readonly ours: string; readonly theirs: string },
): ReturnType<MergeTrees> {
  const make = (tree: string, ...parents: string[]) =>
    readGit(git, ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-m", "Scratch"], {
      isWrite: true,
    });
  const base = await make(trees.before);
  const [ours, theirs] = await Promise.all([make(trees.ours, base), make(trees.theirs, base)]);
  return merge(ours, theirs);
}

/** Whether some commit that `base` has got since the two parted makes the very change that all of `head` makes. @throws GitError */
export async function isSquashedInto(
  git: Git,
  { base, head, parting }: Record<"base" | "head" | "parting", string>,
): Promise<boolean> {
  const diff = ["--no-ext-diff", "--no-textconv", "--full-index", "--no-color"];
  const whole = await git(["diff", ...diff, parting, head]);
  const [id] = await patchIds(git, whole.stdout);
  if (id === undefined) return false;
  const since = [
    "log",
    "-p",
    "--no-merges",
    "--no-show-signature",
    "--format=commit %H",
    `--max-count=${MOST_COMMITS}`,
    ...diff,
  ];
  const each = await git([...since, `${parting}..${base}`]);
  return (await patchIds(git, each.stdout)).includes(id);
}

/** Further back nobody looks for a task's work. */
const MOST_COMMITS = 500;

async function patchIds(git: Git, patches: Buffer): Promise<string[]> {
  const lines = (await readGit(git, ["patch-id", "--stable"], { input: patches })).split("\n");
  return lines.flatMap((line) => line.split(" ").slice(0, 1)).filter(Boolean);
}

/** Names of files that differ between two commits, as bytes. */
export function listChanges(git: Git, from: string, to: string): Promise<string[]> {
  return readItems(git, ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", from, to]);
}
