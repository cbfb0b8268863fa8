import { spawn } from "node:child_process";
import { delimiter, isAbsolute, relative, sep } from "node:path";

export interface ProgramCall {
  readonly argv: readonly [program: string, ...args: string[]];
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Programs inside these are not taken for those of the system. */
  readonly repositories: readonly string[];
}

export type RunProgram = (call: ProgramCall) => Promise<void>;

export interface RunProgramDependencies {
  readonly env: Readonly<Record<string, string | undefined>>;
  after(delayMs: number, callback: () => void): () => void;
  /** Kills what runs, and starts nothing more. */
  readonly signal: AbortSignal;
}

const deadlineMs = 10_000;

/**
 * Runs a program that tells somebody something, to its end, outside of every repository. One that takes too long is killed
 * with all that it started.
 */
export function createRunProgram({ env, after, signal }: RunProgramDependencies): RunProgram {
  return ({ argv: [program, ...args], env: added, repositories }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Error(`${program} is not started any more`));
      const path = safePath(env["PATH"] ?? env["Path"] ?? "/usr/bin:/bin", repositories);
      const child = spawn(program, args, {
        cwd: process.platform === "win32" ? (env["SystemRoot"] ?? "C:\\") : "/",
        // A group of its own, which can be killed as one.
        detached: process.platform !== "win32",
        env: { ...withoutPath(env), ...added, PATH: path },
        stdio: "ignore",
        windowsHide: true,
      });
      const kill = () => killGroup(child.pid);
      let isLate = false;
      const cancelDeadline = after(deadlineMs, () => {
        isLate = true;
        kill();
      });
      signal.addEventListener("abort", kill);
      const end = () => {
        cancelDeadline();
        signal.removeEventListener("abort", kill);
      };
      child.once("error", (error) => {
        end();
        reject(error);
      });
      child.once("exit", (code, endedBy) => {
        end();
        if (code === 0) resolve();
        else if (isLate) reject(new Error(`${program} took longer than ${deadlineMs / 1000} s and was killed`));
        else reject(new Error(`${program} ended with ${endedBy ?? `exit code ${code}`}`));
      });
    });
}

/** The pid is our own child's, which nobody else has until its exit was reported. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** Windows has one variable whatever its case: `Path` beside `PATH` would be either. */
function withoutPath(env: RunProgramDependencies["env"]): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name.toUpperCase() !== "PATH"));
}

function safePath(path: string, repositories: readonly string[]): string {
  const isOutside = (entry: string) =>
    repositories.every((repository) => {
      const fromRepository = relative(repository, entry);
      return fromRepository === ".." || fromRepository.startsWith(`..${sep}`) || isAbsolute(fromRepository);
    });
  return path
    .split(delimiter)
    .filter((entry) => isAbsolute(entry) && isOutside(entry))
    .join(delimiter);
}
