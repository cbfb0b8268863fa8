import { existsSync } from "node:fs";
import { join } from "node:path";
import { readHead } from "./repository.ts";
import { type Git, type GitPlace, gitAt, readGit } from "./run-git.ts";

export interface BackupRef {
  readonly ref: string;
  readonly commit: string;
}

/** Of the refs a task's commits are kept under when their branch goes; git's own collection does not touch what they reach. */
function backupFolder(task: string): string {
  return `refs/orchastration/backup/${task}/`;
}

/**
 * Keeps a commit under the next free `refs/orchastration/backup/<task>/<n>`; a commit that has such a ref keeps the one it has.
 * @param task the id of a task, one component of a ref
 */
export async function keepCommit(git: Git, task: string, commit: string): Promise<BackupRef> {
  const kept = await listBackupRefs(git, task);
  const same = kept.find((backup) => backup.commit === commit);
  if (same !== undefined) return same;
  const numbers = kept.map(({ ref }) => Number(ref.slice(backupFolder(task).length)));
  const ref = `${backupFolder(task)}${Math.max(0, ...numbers.filter(Number.isSafeInteger)) + 1}`;
  // The empty old value: made, never moved.
  await git(["update-ref", "-m", "orchastration: keep", "--end-of-options", ref, commit, ""], { isWrite: true });
  return { ref, commit };
}

/** In the order in which they were made. */
export async function listBackupRefs(git: Git, task: string): Promise<BackupRef[]> {
  const format = "--format=%(objectname) %(refname)";
  const lines = (await readGit(git, ["for-each-ref", "--sort=version:refname", format, backupFolder(task)])).split(
    "\n",
  );
  return lines.filter(Boolean).map((line) => {
    const [commit = "", ref = ""] = line.split(" ");
    return { ref, commit };
  });
}

/**
 * Puts under backup refs what only the worktree's own HEAD, its index, or the logs of HEAD and branch still reach: commits on no branch, commits that
 * were reset away, content that was staged and not committed. Answers the refs.
 */
export async function keepWorktree(place: GitPlace, task: string, branch: string): Promise<string[]> {
  const git = gitAt(place);
  const staged = await commitStaged(git, place.gitDir);
  const past = await listLogged(git, ["HEAD", `refs/heads/${branch}`]);
  return keepLoose(git, task, staged === undefined ? past : [...past, staged]);
}

/** The same for a branch that has no worktree any more. */
export async function keepBranch(git: Git, task: string, branch: string): Promise<string[]> {
  return keepLoose(git, task, await listLogged(git, [`refs/heads/${branch}`]));
}

async function keepLoose(git: Git, task: string, commits: readonly string[]): Promise<string[]> {
  const refs: string[] = [];
  for (const commit of await findLooseTips(git, commits)) refs.push((await keepCommit(git, task, commit)).ref);
  return refs;
}

/** Which of these commits no ref reaches, and no other of them: the ones to keep so that all are. */
async function findLooseTips(git: Git, commits: readonly string[]): Promise<string[]> {
  if (commits.length === 0) return [];
  // Without the HEADs of other worktrees, which are no reason to let go of anything.
  const kept = ["--not", "--branches", "--tags", "--remotes", "--glob=refs/orchastration/*"];
  const query = ["rev-list", "--parents", "--ignore-missing", "--stdin", ...kept];
  const input = `${commits.join("\n")}\n`;
  const lines = (await readGit(git, query, { input })).split("\n").filter(Boolean);
  const parents = new Set(lines.flatMap((line) => line.split(" ").slice(1)));
  return lines.flatMap((line) => line.split(" ").slice(0, 1)).filter((commit) => !parents.has(commit));
}

/** Every commit these refs have been at, as far as git's logs go back. */
async function listLogged(git: Git, refs: readonly string[]): Promise<string[]> {
  const logs = await Promise.all(
    refs.map(async (ref) => {
      const { code, stdout } = await git(["reflog", "show", "--format=%H", "--end-of-options", ref], {
        accept: [0, 128],
      });
      return code === 0 ? stdout.toString("utf8").split("\n").filter(Boolean) : [];
    }),
  );
  return [...new Set(logs.flat())];
}

/** The author of commits that nobody made: nobody needs to have told git a name for them. */
const ITSELF = {
  GIT_AUTHOR_NAME: "orchastration",
  GIT_AUTHOR_EMAIL: "orchastration@localhost",
  GIT_COMMITTER_NAME: "orchastration",
  GIT_COMMITTER_EMAIL: "orchastration@localhost",
};

/** The staged content as a commit, when it is not what HEAD has; undefined too when a conflict stands in the index. */
async function commitStaged(git: Git, gitDir: string): Promise<string | undefined> {
  const head = await readHead(git);
  if (head.kind === "unborn" || !existsSync(join(gitDir, "index"))) return undefined;
  const { code, stdout } = await git(["write-tree"], { accept: [0, 128], isWrite: true });
  const tree = stdout.toString("utf8").trim();
  if (code !== 0 || tree === (await readGit(git, ["rev-parse", `${head.commit}^{tree}`]))) return undefined;
  const commit = ["commit-tree", tree, "-p", head.commit, "-m", "Staged and not committed"];
  return readGit(git, commit, { isWrite: true, variables: ITSELF });
}
