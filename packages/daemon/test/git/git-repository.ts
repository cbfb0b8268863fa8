import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatTaskName } from "@orchastration/protocol";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { taskBranch } from "../../src/domain/branch-name.ts";
import { type MergePlan, mergeTask } from "../../src/git/merge.ts";
import { openRepository, type Repository } from "../../src/git/repository.ts";
import { type AddedWorktree, addWorktree, type WorktreePlan } from "../../src/git/worktree.ts";

export interface TestRepository {
  readonly root: string;
  git(...args: readonly string[]): string;
  /** git in another checkout. */
  gitIn(directory: string, ...args: readonly string[]): string;
  gitWith(variables: Readonly<Record<string, string>>, directory: string, ...args: readonly string[]): string;
  write(path: string, content: string | Buffer, directory?: string): void;
  /** Writes, adds and commits in a checkout. */
  commit(files: Readonly<Record<string, string | Buffer>>, directory?: string): string;
  commitOf(revision: string): string;
}

/** A repository with a first commit of these files, run by git as its user would. */
export function createTestRepository(
  files: Readonly<Record<string, string | Buffer>> = { "README.md": "# Read me\n" },
): TestRepository {
  const root = join(temporaryDirectory(), "repository");
  mkdirSync(root);
  const repository = testRepositoryAt(root);
  repository.git("init", "-q", "-b", "main");
  appendFileSync(join(root, ".git/config"), "[user]\n\tname = Ada\n\temail = ada@example.org\n");
  if (Object.keys(files).length > 0) repository.commit(files);
  return repository;
}

/** Of the machine, before any test changes it. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));

const IDENTITY = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_EDITOR: ":",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.org",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org",
};

function testRepositoryAt(root: string): TestRepository {
  const gitWith = (variables: Readonly<Record<string, string>>, directory: string, ...args: readonly string[]) =>
    execFileSync("git", ["-c", "protocol.file.allow=always", ...args], {
      cwd: directory,
      encoding: "utf8",
      stdio: "pipe",
      env: { ...environment, ...IDENTITY, ...variables },
    }).trim();
  const gitIn = (directory: string, ...args: readonly string[]) => gitWith({}, directory, ...args);
  const write = (path: string, content: string | Buffer, directory = root) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  };
  return {
    root,
    git: (...args) => gitIn(root, ...args),
    gitIn,
    gitWith,
    write,
    commit(files, directory = root) {
      for (const [path, content] of Object.entries(files)) write(path, content, directory);
      gitIn(directory, "add", "-A");
      gitIn(directory, "commit", "-q", "-m", `Change ${Object.keys(files).join(", ").replaceAll("\n", " ")}`);
      return gitIn(directory, "rev-parse", "HEAD");
    },
    commitOf: (revision) => gitIn(root, "rev-parse", "--verify", `${revision}^{commit}`),
  };
}

/** A task of the repository, with its worktree. */
export interface TestTask {
  readonly plan: WorktreePlan;
  readonly path: string;
  readonly branch: string;
  readonly repository: Repository;
  merge(changes?: Partial<MergePlan>): ReturnType<typeof mergeTask>;
  mergePlan(changes?: Partial<MergePlan>): MergePlan;
}

export async function planTask(
  root: string,
  id = 1,
  slug = "work",
): Promise<Omit<TestTask, "path" | "branch" | "merge" | "mergePlan">> {
  const opened = await openRepository(root);
  if (opened.kind !== "opened") throw new Error(`no repository: ${JSON.stringify(opened)}`);
  const { repository } = opened;
  const worktreesRoot = join(dirname(root), "worktrees");
  const plan: WorktreePlan = {
    commonDir: repository.commonDir,
    worktreesRoot,
    path: join(worktreesRoot, formatTaskName({ id, slug })),
    branch: taskBranch({ id, slug }),
    baseCommit: repository.head.kind === "unborn" ? "0".repeat(40) : repository.head.commit,
    task: String(id),
    isBranchOurs: false,
  };
  return { plan, repository };
}

export async function createTask(root: string, id = 1, slug = "work"): Promise<TestTask> {
  const { plan, repository } = await planTask(root, id, slug);
  const added = await addWorktree(plan);
  if (added.kind !== "added") throw new Error(`no worktree: ${JSON.stringify(added satisfies AddedWorktree)}`);
  const mergePlan = (changes: Partial<MergePlan> = {}): MergePlan => ({
    repository,
    worktree: plan.path,
    branch: plan.branch,
    startCommit: plan.baseCommit,
    base: "main",
    strategy: "squash",
    message: "The work\n\nAll of it.\n",
    hasDirtyIncluded: false,
    ...changes,
  });
  return {
    plan,
    repository,
    path: plan.path,
    branch: plan.branch,
    mergePlan,
    merge: (changes) => mergeTask(mergePlan(changes), { recordIntent: async () => {} }),
  };
}

/** A program that leaves a file when it runs. */
export function writeProgram(path: string, ...lines: readonly string[]): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(path, 0o755);
  return path;
}
