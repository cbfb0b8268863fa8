import { existsSync, readFileSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { isOn } from "./commit.ts";
import { lastLines } from "./git-error.ts";
import { findOperation, type Operation } from "./inspect-worktree.ts";
import { disarm } from "./local-commands.ts";
import { listChanges } from "./replay-commits.ts";
import { findBranchCommit, type Repository } from "./repository.ts";
import { type Git, type GitPlace, gitAt, readItems, showPath } from "./run-git.ts";
import { gitDirOf, type ListedWorktree, listWorktrees, verifyWorktree } from "./worktree-list.ts";

export type CheckoutRefusal =
  /** Uncommitted, untracked or ignored files that the merge would change. */
  | { readonly kind: "checkout-in-the-way"; readonly checkout: string; readonly files: readonly string[] }
  | { readonly kind: "checkout-locked"; readonly checkout: string; readonly lock: string }
  | { readonly kind: "checkout-unfinished"; readonly checkout: string; readonly operation: Operation }
  | { readonly kind: "checkout-unavailable"; readonly checkout: string; readonly why: string }
  /** git found a reason that we had not. */
  | { readonly kind: "checkout-refused"; readonly checkout: string; readonly why: string }
  | { readonly kind: "base-checked-out-twice"; readonly base: string; readonly checkouts: readonly string[] }
  /** Names that are one file where letter case is ignored. */
  | { readonly kind: "case-twins"; readonly checkout: string; readonly files: readonly string[] }
  | { readonly kind: "ref-locked"; readonly base: string; readonly why: string };

export type AppliedMerge =
  | { readonly kind: "applied"; readonly checkout: string | null }
  | { readonly kind: "base-moved" }
  | { readonly kind: "refused"; readonly refusal: CheckoutRefusal };

interface Move {
  readonly base: string;
  readonly baseOld: string;
  readonly result: string;
}

/** A checkout of a large change, with filters that fetch. */
const CHECKOUT_DEADLINE_MS = 600_000;

/**
 * Moves the base to the result: in its checkout by a fast-forward of git, which keeps ref and files together; without one by the ref alone.
 * `beforeMove` is called when nothing speaks against it any more.
 */
export async function applyMerge(
  git: Git,
  repository: Pick<Repository, "root" | "commonDir" | "isBare">,
  move: Move,
  beforeMove: () => Promise<void>,
): Promise<AppliedMerge> {
  const found = await findCheckout(git, repository, move.base);
  if (found.kind === "refused") return found;
  if (found.kind === "none") {
    await beforeMove();
    return moveRef(git, move);
  }
  const refusal = await judgeCheckout(found.place, move);
  if (refusal !== undefined) return { kind: "refused", refusal };
  await beforeMove();
  return fastForward(found.place, move);
}

type Checkout = GitPlace & { readonly workTree: string };

type FoundCheckout =
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly place: Checkout }
  | { readonly kind: "refused"; readonly refusal: CheckoutRefusal };

async function findCheckout(
  git: Git,
  { root, commonDir, isBare }: Pick<Repository, "root" | "commonDir" | "isBare">,
  base: string,
): Promise<FoundCheckout> {
  const refuse = (refusal: CheckoutRefusal): FoundCheckout => ({ kind: "refused", refusal });
  const places: Checkout[] = [];
  for (const [index, listed] of (await listWorktrees(git)).entries()) {
    if (index === 0 && isBare) continue;
    const gitDir = index === 0 ? commonDir : await gitDirOf(commonDir, listed.path);
    const checkout = index === 0 ? root : listed.path;
    const operation = findOperationOn(gitDir, base);
    if (operation !== null) return refuse({ kind: "checkout-unfinished", checkout, operation });
    if (listed.branch !== base) continue;
    const why = index === 0 ? undefined : await findObstacle(commonDir, listed);
    if (why === "gone") continue;
    if (why !== undefined) return refuse({ kind: "checkout-unavailable", checkout, why });
    places.push({ gitDir, workTree: checkout });
  }
  const [place, another] = places;
  if (place === undefined) return { kind: "none" };
  if (another === undefined) return { kind: "found", place };
  return refuse({ kind: "base-checked-out-twice", base, checkouts: places.map(({ workTree }) => workTree) });
}

/** A linked worktree whose directory was removed for good is no checkout; one that git is told to keep is on a disk that is not there now. */
async function findObstacle(commonDir: string, { path, lock }: ListedWorktree): Promise<string | undefined> {
  const state = await verifyWorktree(commonDir, path);
  if (state.kind === "ok") return undefined;
  if (state.kind === "quarantined") return state.why;
  return lock === null ? "gone" : `${path} is not there, and git is told to keep it${lock === "" ? "" : ` (${lock})`}`;
}

/** A rebase or bisect has HEAD detached and goes back to its branch later. */
function findOperationOn(gitDir: string, branch: string): Operation | null {
  const names = (file: string) => readText(join(gitDir, file)).trim();
  const ref = `refs/heads/${branch}`;
  if (names("rebase-merge/head-name") === ref || names("rebase-apply/head-name") === ref) return "rebase";
  return names("BISECT_START") === branch ? "bisect" : null;
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

async function judgeCheckout(place: Checkout, move: Move): Promise<CheckoutRefusal | undefined> {
  const checkout = place.workTree;
  const lock = join(place.gitDir, "index.lock");
  if (existsSync(lock)) return { kind: "checkout-locked", checkout, lock };
  const operation = findOperation(place.gitDir);
  if (operation !== null) return { kind: "checkout-unfinished", checkout, operation };
  const files = await findInTheWay(place, move.baseOld, move.result);
  if (files.length > 0) return { kind: "checkout-in-the-way", checkout, files };
  const twins = (await isOn(gitAt(place), "core.ignoreCase")) ? await findCaseTwins(place, move) : [];
  return twins.length === 0 ? undefined : { kind: "case-twins", checkout, files: twins };
}

/**
 * Files in a checkout that going from one commit to another would overwrite, or would have to become part of: changed, staged, untracked, and ignored
 * ones, which git by itself counts as worthless.
 */
export async function findInTheWay(place: Checkout, from: string, to: string): Promise<string[]> {
  const { git } = await disarm(gitAt(place));
  const status = [
    "status",
    "--porcelain=v1",
    "-z",
    "--no-renames",
    "--untracked-files=all",
    "--ignore-submodules=dirty",
  ];
  const [touched, lines, before] = await Promise.all([
    listChanges(git, from, to),
    readItems(git, status),
    readItems(git, ["ls-tree", "-r", "-z", "--name-only", "--full-tree", from]),
  ]);
  const tracked = new Set(before);
  const touchedSet = new Set(touched);
  const local = lines.map((line) => line.slice(3).replace(/\/$/, ""));
  const localSet = new Set(local);
  const inTheWay = new Set(
    local.filter(
      (path) => touchedSet.has(path) || pathsAbove(path).some((above) => touchedSet.has(above) && !tracked.has(above)),
    ),
  );
  for (const path of touched.filter((candidate) => !tracked.has(candidate))) {
    if (await existsInside(place.workTree, path)) inTheWay.add(path);
    for (const above of pathsAbove(path))
      if (localSet.has(above) || (!tracked.has(above) && (await isFile(place.workTree, above)))) inTheWay.add(above);
  }
  return [...inTheWay].map(showPath).sort();
}

function pathsAbove(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

function bytesIn(workTree: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${workTree}/`), Buffer.from(path, "latin1")]);
}

/** An empty directory, or one of tracked files that go, is not in the way; what is in it is seen by itself. */
async function existsInside(workTree: string, path: string): Promise<boolean> {
  const stats = await lstat(bytesIn(workTree, path)).catch(() => undefined);
  return stats !== undefined && !stats.isDirectory();
}

async function isFile(workTree: string, path: string): Promise<boolean> {
  return existsInside(workTree, path);
}

async function findCaseTwins(place: Checkout, { baseOld, result }: Move): Promise<string[]> {
  const git = gitAt(place);
  const touched = new Set(await listChanges(git, baseOld, result));
  const groups = Map.groupBy(
    await readItems(git, ["ls-tree", "-r", "-z", "--name-only", "--full-tree", result]),
    (path) => showPath(path).normalize("NFC").toLowerCase(),
  );
  const twins = [...groups.values()].filter((paths) => paths.length > 1 && paths.some((path) => touched.has(path)));
  return twins.flat().map(showPath);
}

async function moveRef(git: Git, { base, baseOld, result }: Move): Promise<AppliedMerge> {
  const update = [
    "update-ref",
    "-m",
    "orchastration: merge",
    "--end-of-options",
    `refs/heads/${base}`,
    result,
    baseOld,
  ];
  const { code, stderr } = await git(update, { isWrite: true, accept: [0, 1, 128] });
  if (code === 0) return { kind: "applied", checkout: null };
  if ((await findBranchCommit(git, base)) !== baseOld) return { kind: "base-moved" };
  return { kind: "refused", refusal: { kind: "ref-locked", base, why: lastLines(stderr) } };
}

async function fastForward(place: Checkout, { base, baseOld, result }: Move): Promise<AppliedMerge> {
  const { git } = await disarm(gitAt(place));
  const options = [
    "--ff-only",
    // Or pull.twohead would name a program.
    "--strategy=ort",
    "--no-squash",
    "--no-overwrite-ignore",
    "--no-autostash",
    "--no-verify",
    "--no-stat",
    "--quiet",
  ];
  const { stderr } = await git(["-c", "checkout.workers=4", "merge", ...options, "--end-of-options", result], {
    // The user's own `branch.<name>.mergeOptions` are for merges of theirs.
    settings: [[`branch.${base}.mergeoptions`, ""]],
    accept: [0, 1, 2, 128],
    isWrite: true,
    deadlineMs: CHECKOUT_DEADLINE_MS,
  });
  const now = await findBranchCommit(git, base);
  if (now === result) return { kind: "applied", checkout: place.workTree };
  if (now !== baseOld) return { kind: "base-moved" };
  return { kind: "refused", refusal: { kind: "checkout-refused", checkout: place.workTree, why: lastLines(stderr) } };
}
