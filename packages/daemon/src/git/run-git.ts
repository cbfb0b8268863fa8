import { type ChildProcess, spawn } from "node:child_process";
import { basename, dirname } from "node:path";
import { findProgram, gitEnvironment, HARDENED, type Setting } from "./git-environment.ts";
import { GitError, type GitFailure } from "./git-error.ts";

/** Where git works: named, never searched for, since what lies in a directory may pretend to be a repository. */
export interface GitPlace {
  readonly gitDir: string;
  /** null: the command needs no checkout, and must not find one. */
  readonly workTree: string | null;
}

export interface GitCall {
  readonly input?: string | Uint8Array;
  readonly settings?: readonly Setting[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
  /** Ends the command as its deadline does. */
  readonly cancelled?: AbortSignal | undefined;
  readonly maxBytes?: number;
  /** Exit codes that are answers; any other is thrown. */
  readonly accept?: readonly number[];
  /** The command changes something: it may wait for and hold locks. */
  readonly isWrite?: boolean;
}

export interface GitAnswer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Longer than any question to a large repository takes; a hanging file system must not keep everything else waiting. */
const DEADLINE_MS = 30_000;

/** Names of all files of a very large repository. */
const MAX_BYTES = 256 * 1024 * 1024;

const MAX_STDERR_BYTES = 64 * 1024;

/** git removes its lock files on SIGTERM, which takes no longer than this. */
const CLEAN_UP_MS = 2_000;

const CHILD = {
  // A group of its own: what git starts (filters, gpg) ends with it, and has no terminal to ask at.
  detached: process.platform !== "win32",
  windowsHide: true,
};

/**
 * One command of git, with every defence of {@link HARDENED}. This is the only file that starts git.
 * @throws GitError
 */
export type Git = (args: readonly string[], call?: GitCall) => Promise<GitAnswer>;

/** git in a repository that is known. */
export function gitAt({ gitDir, workTree }: GitPlace): Git {
  const folders = [repositoryFolder(gitDir), ...(workTree === null ? [] : [workTree])];
  const where = [`--git-dir=${gitDir}`, ...(workTree === null ? [] : [`--work-tree=${workTree}`])];
  return (args, call = {}) => start(workTree ?? gitDir, folders, where, args, call);
}

/** The same with its objects and refs alone, whatever is checked out where. */
export function gitAtCommonDir(commonDir: string): Git {
  return gitAt({ gitDir: commonDir, workTree: null });
}

/** The folder all of whose content is the repository's: a linked worktree has its git directory in the one of the main worktree. */
function repositoryFolder(gitDir: string): string {
  const commonDir = gitDir.replace(/[\\/]worktrees[\\/][^\\/]+$/, "");
  return basename(commonDir).startsWith(".") ? dirname(commonDir) : commonDir;
}

/** git where it has to find the repository of a directory itself, and checks whose it is. Programs inside `outermost` are not run. */
export function gitFrom(directory: string, outermost: string): Git {
  return (args, call = {}) => start(directory, [outermost], [], args, call);
}

/** What git prints, without the last end of line. @throws GitError */
export async function readGit(git: Git, args: readonly string[], call: GitCall = {}): Promise<string> {
  return (await git(args, call)).stdout.toString("utf8").replace(/\n$/, "");
}

/** The NUL-separated items that git prints, each of its bytes one character: names of files are no UTF-8 that one could rely on. */
export async function readItems(git: Git, args: readonly string[], call: GitCall = {}): Promise<string[]> {
  const text = (await git(args, call)).stdout.toString("latin1");
  return text === "" ? [] : text.replace(/\0$/, "").split("\0");
}

/** A name of {@link readItems} for people: what is no UTF-8 becomes a question mark in a diamond. */
export function showPath(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

const VERSION_DEADLINE_MS = 5_000;

/** The first line of what a program says of its version; undefined when it cannot be run. */
export async function findProgramVersion(name: "git" | "gh"): Promise<string | undefined> {
  const program = findProgram(name, []);
  if (program === undefined) return undefined;
  const child = spawn(program, ["--version"], { cwd: "/", env: gitEnvironment([], [], {}), ...CHILD });
  try {
    const { stdout } = await collect(child, "--version", { deadlineMs: VERSION_DEADLINE_MS });
    return stdout.toString("utf8").split("\n")[0]?.trim();
  } catch {
    return undefined;
  }
}

function start(
  cwd: string,
  folders: readonly string[],
  where: readonly string[],
  args: readonly string[],
  call: GitCall,
): Promise<GitAnswer> {
  const command = args[0] ?? "";
  const program = findProgram("git", folders);
  if (program === undefined) return Promise.reject(new GitError(command, { kind: "not-found" }));
  const locks = call.isWrite === true ? [] : ["--no-optional-locks"];
  const child = spawn(program, [...HARDENED, ...locks, ...where, ...args], {
    cwd,
    env: gitEnvironment(folders, call.settings ?? [], call.variables ?? {}),
    ...CHILD,
  });
  return collect(child, command, call);
}

function collect(child: ChildProcess, command: string, call: GitCall): Promise<GitAnswer> {
  const { deadlineMs = DEADLINE_MS, maxBytes = MAX_BYTES, accept = [0], cancelled } = call;
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const sizes = { stdout: 0, stderr: 0 };
    let failure: GitFailure | undefined;
    let killer: NodeJS.Timeout | undefined;

    const end = (why: GitFailure) => {
      if (failure !== undefined) return;
      failure = why;
      signal(child, "SIGTERM");
      killer = setTimeout(() => signal(child, "SIGKILL"), CLEAN_UP_MS);
    };
    const cancel = () => end({ kind: "cancelled" });
    cancelled?.addEventListener("abort", cancel);
    if (cancelled?.aborted) cancel();
    const deadline = setTimeout(() => end({ kind: "deadline", afterMs: deadlineMs }), deadlineMs);

    child.stdout?.on("data", (chunk: Buffer) => {
      sizes.stdout += chunk.length;
      if (sizes.stdout > maxBytes) end({ kind: "too-much-output", maxBytes });
      else stdout.push(chunk);
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      // What matters is said last.
      stderr.push(chunk);
      sizes.stderr += chunk.length;
      while (sizes.stderr > MAX_STDERR_BYTES && stderr.length > 1) sizes.stderr -= stderr.shift()?.length ?? 0;
    });
    // git may end before it has read everything; its exit code says why.
    child.stdin?.on("error", () => {});
    child.stdin?.end(call.input ?? "");

    child.on("error", (error) => {
      failure ??= { kind: "not-started", why: error.message };
      if (child.pid === undefined) settle(null);
    });
    child.on("close", settle);

    function settle(code: number | null): void {
      clearTimeout(deadline);
      cancelled?.removeEventListener("abort", cancel);
      clearTimeout(killer);
      const said = Buffer.concat(stderr).toString("utf8");
      if (failure === undefined && code !== null && accept.includes(code)) {
        resolve({ code, stdout: Buffer.concat(stdout), stderr: said });
      } else {
        reject(new GitError(command, failure ?? { kind: "exit", code, stderr: said }));
      }
    }
  });
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(name);
    // Its group outlives git itself as long as a filter of it does; the pid is not given to anybody else before then.
    else process.kill(-child.pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
