import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { everyByte } from "./every-byte.ts";
import type { Home, Outcome } from "./home.ts";
import { createRepository, git } from "./repository.ts";
import { until } from "./until.ts";

/** The user's git knows who they are; `quick` is an agent that has finished when it begins, `waiting` one that never does. */
export function configureAgents(home: Home, more = ""): void {
  writeFileSync(join(home.dir, ".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.org\n");
  home.writeConfig(
    [
      '[agents.quick]\ncommand = ["true"]\nprompt = "none"\non_exit = "complete"',
      '[agents.waiting]\ncommand = ["sleep", "600"]\nprompt = "none"',
      more,
    ].join("\n"),
  );
}

export interface TaskRepository {
  readonly root: string;
  git(...args: readonly string[]): string;
  gitIn(directory: string, ...args: readonly string[]): string;
  write(path: string, content: string | Buffer, directory?: string): void;
  /** Writes, adds and commits; answers the commit. */
  commit(files: Readonly<Record<string, string | Buffer>>, directory?: string): string;
  /** Runs the command line in it. */
  cli(...args: readonly string[]): Promise<Outcome>;
  json(...args: readonly string[]): Promise<Record<string, unknown>>;
  /** A task whose agent has completed it and is gone, with these files committed in its worktree. */
  complete(slug: string, files?: Readonly<Record<string, string | Buffer>>): Promise<WorkedTask>;
  /** What a person could miss, in the repository and in every worktree of it, and every ref. */
  everything(): string[];
}

/** What a command that did not do it says to people and to scripts. Asked twice: a refusal changes nothing. */
export async function refusalOf(repository: TaskRepository, ...args: readonly string[]): Promise<Refusal> {
  const before = repository.everything();
  const spoken = await repository.cli(...args);
  const written = await repository.cli("--json", ...args);
  expect(repository.everything()).toEqual(before);
  const { error } = JSON.parse(written.stdout) as { error: { code: string; message: string; hint: string } };
  expect(spoken.stderr).toContain(error.message);
  expect(spoken.stderr).toContain(error.hint);
  expect({ stdout: spoken.stdout, stderr: written.stderr }).toEqual({ stdout: "", stderr: "" });
  expect(written.code).toBe(spoken.code);
  return { exitCode: spoken.code, ...error };
}

interface Refusal {
  readonly exitCode: number | null;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface WorkedTask {
  /** Number and slug. */
  readonly name: string;
  readonly worktree: string;
  readonly branch: string;
  /** Of the task, as the command line shows it. */
  status(): Promise<string>;
}

export async function createTaskRepository(
  home: Home,
  name: string,
  files: Readonly<Record<string, string>> = { shared: "one\ntwo\nthree\n" },
): Promise<TaskRepository> {
  return initTaskRepository(home, createRepository(home, name, files));
}

/** The same with a repository that is there. */
export async function initTaskRepository(home: Home, root: string): Promise<TaskRepository> {
  const gitIn = (directory: string, ...args: readonly string[]) => git(home, directory, ...args).trimEnd();
  const write = (path: string, content: string | Buffer, directory = root) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  };
  const cli = (...args: readonly string[]) => home.cli(args, { cwd: root });
  const json = (...args: readonly string[]) => home.json(args, { cwd: root });
  const { code, stderr } = await cli("init");
  if (code !== 0) throw new Error(stderr);

  const repository: TaskRepository = {
    root,
    git: (...args) => gitIn(root, ...args),
    gitIn,
    write,
    commit(files, directory = root) {
      for (const [path, content] of Object.entries(files)) write(path, content, directory);
      gitIn(directory, "add", "-A");
      gitIn(directory, "commit", "-q", "-m", `Change ${Object.keys(files).join(", ")}`);
      return gitIn(directory, "rev-parse", "HEAD");
    },
    cli,
    json,
    async complete(slug, files = { "work.txt": "the work\n" }) {
      const started = (await json("new", slug, "--agent", "quick", "--start")) as { name: string };
      const task = await settled(repository, started.name);
      if (Object.keys(files).length > 0) repository.commit(files, task.worktree);
      return task;
    },
    everything() {
      const listed = repository.git("worktree", "list", "--porcelain").matchAll(/^worktree (.+)$/gm);
      const checkouts = [...listed].flatMap(([, path = ""]) => (path === root ? [] : [path]));
      const bytes = [...everyByte(root, ...checkouts.filter((path) => existsSync(path)))];
      const refs = repository.git("for-each-ref", "--format=ref %(refname) %(objectname)").split("\n");
      // The log of what was asked for grows by asking.
      return [...bytes.filter((entry) => !entry.includes("/.orchastration/logs.jsonl ")), ...refs].sort();
    },
  };
  return repository;
}

/** When its agent has ended, and its file says so. */
async function settled(repository: TaskRepository, name: string): Promise<WorkedTask> {
  const show = async () => (await repository.json("status", name)) as unknown as ShownTask;
  let task = await show();
  await until(async () => {
    task = await show();
    return task.status === "completed" && !task.session_live && saysSo(task);
  });
  const { worktree, branch } = task;
  if (worktree === null || branch === null) throw new Error(`task ${name} has no worktree`);
  return { name, worktree, branch, status: async () => (await show()).status };
}

interface ShownTask {
  readonly status: string;
  readonly session_live: boolean;
  readonly file: string;
  readonly worktree: string | null;
  readonly branch: string | null;
}

function saysSo({ file, status }: ShownTask): boolean {
  return readFileSync(file, "utf8").includes(`status: ${status}`);
}
