import { randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, realpath, rename, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { findBranchFault } from "../domain/branch-name.ts";
import { keepWorktree } from "./backup-ref.ts";
import { GitError, lastLines } from "./git-error.ts";
import { disarm } from "./local-commands.ts";
import { findBranchCommit, findCommit, isBranchName } from "./repository.ts";
import { type Git, gitAtCommonDir } from "./run-git.ts";
import { sweepRemovals } from "./sweep-removals.ts";
import { findAdminDirectory, listWorktrees, verifyWorktree } from "./worktree-list.ts";

/** A checkout of a very large repository, with filters that fetch. */
const CHECKOUT_DEADLINE_MS = 600_000;

export interface WorktreePlan {
  readonly commonDir: string;
  /** Every worktree of ours lies directly in it; canonical once it exists. */
  readonly worktreesRoot: string;
  readonly path: string;
  readonly branch: string;
  readonly baseCommit: string;
  /** One component of a ref: names the backup refs. */
  readonly task: string;
  /** The registry says that this task made the branch: it is checked out as it stands. Otherwise an existing one is somebody else's. */
  readonly isBranchOurs: boolean;
}

export type WorktreeRefusal =
  | { readonly kind: "bad-branch-name"; readonly branch: string; readonly why: string }
  | { readonly kind: "no-such-commit"; readonly commit: string }
  | { readonly kind: "branch-exists"; readonly branch: string; readonly commit: string }
  | { readonly kind: "branch-checked-out"; readonly branch: string; readonly path: string }
  | { readonly kind: "path-exists"; readonly path: string }
  | { readonly kind: "path-outside-root"; readonly path: string; readonly root: string }
  | { readonly kind: "quarantined"; readonly path: string; readonly why: string }
  /** git's lock on it, with the reason that whoever set it gave. */
  | { readonly kind: "locked"; readonly path: string; readonly why: string }
  /** Made, or left unfinished, by another process of git. */
  | { readonly kind: "being-made"; readonly path: string };

export type AddedWorktree =
  | {
      readonly kind: "added" | "already-there";
      readonly gitDir: string;
      readonly branch: string;
      /** Filters of the repository's own configuration, which were not run: files they apply to lie there as they are stored. */
      readonly disabledFilters: readonly string[];
      /** Where the files of a checkout that was interrupted have gone: git wrote them, but nobody can prove that nobody else did. */
      readonly setAside: string | null;
    }
  | { readonly kind: "refused"; readonly refusal: WorktreeRefusal }
  /** git could not: everything that had been made is gone again, except `left`. */
  | { readonly kind: "failed"; readonly why: string; readonly left: readonly string[] };

/**
 * Makes the worktree and branch of a task, or makes the worktree anew when its directory was removed by hand. Nothing that exists is overwritten,
 * and only this path's own stale entry is pruned. Asking again for what is there changes nothing. When cancelled it fails, as if git had.
 * @throws GitError for what git cannot answer at all
 */
export function addWorktree(plan: WorktreePlan, cancelled?: AbortSignal): Promise<AddedWorktree> {
  const before = underWay.get(plan.path) ?? Promise.resolve();
  const added = before.then(() => addAlone(plan, cancelled));
  const settled = added.then(
    () => {},
    () => {},
  );
  underWay.set(plan.path, settled);
  void settled.then(() => {
    if (underWay.get(plan.path) === settled) underWay.delete(plan.path);
  });
  return added;
}

/** Two at once would take each other's work for what an interruption left. */
const underWay = new Map<string, Promise<void>>();

async function addAlone(plan: WorktreePlan, cancelled: AbortSignal | undefined): Promise<AddedWorktree> {
  await sweepRemovals(plan.worktreesRoot, basename(plan.path));
  const { git, filters } = await disarm(gitAtCommonDir(plan.commonDir));
  const state = await verifyWorktree(plan.commonDir, plan.path);
  const listed = (await listWorktrees(git)).find(({ path }) => path === plan.path);
  let setAside: string | null = null;
  if (listed?.lock === "initializing") {
    if (await isBeingMade(plan)) return refused({ kind: "being-made", path: plan.path });
    setAside = await abandon(git, plan);
  }
  const done = { branch: plan.branch, disabledFilters: filters, setAside };
  if (state.kind === "ok" && setAside === null) {
    if (listed?.branch === plan.branch && plan.isBranchOurs)
      return { kind: "already-there", gitDir: state.gitDir, ...done };
    return refused({ kind: "path-exists", path: plan.path });
  }
  const refusal = await findRefusal(git, plan);
  if (refusal !== undefined) return refused(refusal);
  if (listed !== undefined && state.kind === "missing" && listed.lock !== "initializing") {
    if (listed.lock !== null) return refused({ kind: "locked", path: plan.path, why: listed.lock });
    await dropStaleEntry(git, plan);
  }
  return make(git, plan, done, cancelled);
}

/** A checkout writes all the time; a filter that fetches a large file may pause for this long. */
const ABANDONED_AFTER_MS = 60_000;

/** A git goes on when the daemon that started it dies. */
async function isBeingMade({ commonDir, path }: WorktreePlan): Promise<boolean> {
  const gitDir = (await findAdminDirectory(commonDir, path)) ?? commonDir;
  const signs = [gitDir, path, join(gitDir, "locked"), join(gitDir, "index.lock"), join(gitDir, "index")];
  const times = await Promise.all(
    signs.map((sign) =>
      stat(sign).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Date.now() - Math.max(...times) < ABANDONED_AFTER_MS;
}

async function abandon(git: Git, { path }: WorktreePlan): Promise<string | null> {
  const setAside = (await holdsSomething(path)) ? await moveAside(path) : null;
  await rmdir(path).catch(() => {});
  await git(["worktree", "unlock", "--", path], { isWrite: true });
  await removeEntry(git, path);
  return setAside;
}

async function moveAside(path: string): Promise<string> {
  const aside = `${path}.broken-${randomBytes(3).toString("hex")}`;
  await rename(path, aside);
  return aside;
}

function refused(refusal: WorktreeRefusal): AddedWorktree {
  return { kind: "refused", refusal };
}

async function findRefusal(git: Git, plan: WorktreePlan): Promise<WorktreeRefusal | undefined> {
  const { branch, path, worktreesRoot, baseCommit } = plan;
  const fault = findBranchFault(branch);
  if (fault !== undefined) return { kind: "bad-branch-name", branch, why: fault };
  if (!(await isBranchName(git, branch))) return { kind: "bad-branch-name", branch, why: "git refuses it" };
  if (!(await liesDirectlyIn(path, worktreesRoot))) return { kind: "path-outside-root", path, root: worktreesRoot };
  if (await holdsSomething(path)) {
    const state = await verifyWorktree(plan.commonDir, path);
    const isListed = (await findAdminDirectory(plan.commonDir, path)) !== undefined;
    if (state.kind === "quarantined" && isListed) return { kind: "quarantined", path, why: state.why };
    return { kind: "path-exists", path };
  }
  const commit = await findBranchCommit(git, branch);
  if (commit !== undefined && !plan.isBranchOurs) return { kind: "branch-exists", branch, commit };
  const elsewhere = (await listWorktrees(git)).find((each) => each.branch === branch && each.path !== path);
  if (elsewhere !== undefined) return { kind: "branch-checked-out", branch, path: elsewhere.path };
  const isCommit =
    /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(baseCommit) && (await findCommit(git, baseCommit)) !== undefined;
  return isCommit ? undefined : { kind: "no-such-commit", commit: baseCommit };
}

/** Also a root that does not exist yet; a link on the way would lead somewhere else. */
export async function liesDirectlyIn(path: string, root: string): Promise<boolean> {
  const name = relative(root, path);
  if (name === "" || name.startsWith("..") || name.includes(sep)) return false;
  const real = await realpath(root).catch(() => undefined);
  return real === undefined ? (await lstat(root).catch(() => undefined)) === undefined : real === root;
}

/** An empty directory holds nothing, and git takes it. */
async function holdsSomething(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return false;
  return !stats.isDirectory() || (await readdir(path)).length > 0;
}

/** What only the entry knows (a detached HEAD, staged content) is kept before it goes. */
async function dropStaleEntry(git: Git, { commonDir, path, task, branch }: WorktreePlan): Promise<void> {
  const gitDir = await findAdminDirectory(commonDir, path);
  if (gitDir !== undefined) await keepWorktree({ gitDir, workTree: null }, task, branch);
  await removeEntry(git, path);
}

/** Removes git's entry of a worktree whose directory is gone, and no other entry: `git worktree prune` would take the user's own as well. */
export async function removeEntry(git: Git, path: string): Promise<void> {
  // git compares real paths, and finds none below a directory that is missing.
  await mkdir(dirname(path), { recursive: true });
  await git(["worktree", "remove", "--", path], { isWrite: true });
}

async function make(
  git: Git,
  plan: WorktreePlan,
  done: { readonly branch: string; readonly disabledFilters: readonly string[]; readonly setAside: string | null },
  cancelled: AbortSignal | undefined,
): Promise<AddedWorktree> {
  const { branch, path, baseCommit } = plan;
  const isNewBranch = (await findBranchCommit(git, branch)) === undefined;
  await mkdir(plan.worktreesRoot, { recursive: true });
  // Whoever makes the directory owns it, and may undo; git takes an empty one.
  const isClaimed = await mkdir(path).then(
    () => true,
    () => false,
  );
  if (!isClaimed && (await holdsSomething(path))) return refused({ kind: "path-exists", path });
  const what = isNewBranch ? ["--no-track", "-b", branch, "--", path, baseCommit] : ["--", path, branch];
  const fail = (why: string) =>
    isClaimed ? undo(git, plan, isNewBranch, why) : ({ kind: "failed", why, left: [path] } as const);
  try {
    await git(["-c", "checkout.workers=4", "worktree", "add", "--quiet", ...what], {
      isWrite: true,
      deadlineMs: CHECKOUT_DEADLINE_MS,
      cancelled,
    });
    const state = await verifyWorktree(plan.commonDir, path);
    if (state.kind === "ok") return { kind: "added", gitDir: state.gitDir, ...done };
    return await fail(state.kind === "quarantined" ? state.why : "the directory is gone again");
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return await fail(error.failure.kind === "exit" ? lastLines(error.failure.stderr) : error.message);
  }
}

/** Last made, first removed: the directory, git's entry, the branch. What cannot be told from somebody else's stays, and is named. */
async function undo(
  git: Git,
  { commonDir, path, branch, baseCommit }: WorktreePlan,
  isNewBranch: boolean,
  why: string,
): Promise<AddedWorktree> {
  const left: string[] = [];
  // git has removed what it made unless it was killed: then the files are set aside.
  if (await holdsSomething(path)) {
    left.push(await moveAside(path));
  }
  await rmdir(path).catch(() => {});
  if ((await findAdminDirectory(commonDir, path)) !== undefined) {
    await git(["worktree", "unlock", "--", path], { isWrite: true, accept: [0, 128] });
    await git(["worktree", "remove", "--", path], { isWrite: true, accept: [0, 128] });
  }
  if (isNewBranch && (await findBranchCommit(git, branch)) === baseCommit) {
    const removal = ["update-ref", "-d", "--end-of-options", `refs/heads/${branch}`, baseCommit];
    await git(removal, { isWrite: true, accept: [0, 1, 128] });
  }
  // Only when nothing else is in it.
  await rmdir(dirname(path)).catch(() => {});
  return { kind: "failed", why, left };
}
