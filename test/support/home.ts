import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export const PROJECT_ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const CLI = join(PROJECT_ROOT, "packages/cli/bin/orchastration.cjs");

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
}

export interface RunningCli {
  readonly process: ChildProcess;
  readonly outcome: Promise<Outcome>;
}

/** A user of their own: home, runtime directory and working directory that nobody else has, and no process left when it is disposed of. */
export interface Home extends AsyncDisposable {
  readonly dir: string;
  readonly cwd: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly configFile: string;
  readonly env: Readonly<Record<string, string>>;
  writeConfig(toml: string): void;
  /** Starts the real command line as this user. */
  start(args: readonly string[], options?: CliOptions): RunningCli;
  cli(args: readonly string[], options?: CliOptions): Promise<Outcome>;
  /** The parsed `--json` output; fails with what was said when the command failed. */
  json(args: readonly string[], options?: CliOptions): Promise<Record<string, unknown>>;
  /** Pids of every living process whose environment names this home, and has these variables (`NAME=value`) as well. */
  processes(...variables: readonly string[]): number[];
  /** Pids of its living daemons, also of those that are about to end. */
  daemons(): number[];
  /** Ends all of them at once, as a power cut does. */
  killAll(): Promise<void>;
}

export interface HomeOptions {
  /** A program and its arguments that run the command line in their own way, given after them. */
  readonly through?: readonly [file: string, ...args: string[]];
}

export function createHome({ through }: HomeOptions = {}): Home {
  const dir = mkdtempSync(join(tmpdir(), "orchastration-test-"));
  const [cwd, runtimeDir] = [join(dir, "work"), join(dir, "run")];
  for (const path of [cwd, runtimeDir]) mkdirSync(path, { mode: 0o700 });
  const configFile = join(dir, ".config/orchastration/config.toml");
  const env: Record<string, string> = {
    HOME: dir,
    XDG_RUNTIME_DIR: runtimeDir,
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    LANG: "C.UTF-8",
    TERM: "dumb",
  };

  function start(args: readonly string[], options: CliOptions = {}): RunningCli {
    const [file, ...before] = through === undefined ? [process.execPath] : [...through, process.execPath];
    const child = spawn(file, [...before, CLI, ...args], {
      cwd: options.cwd ?? cwd,
      env: { ...env, ...options.env },
      stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    child.stdin?.end(options.stdin);
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error("the command line has no output");
    const outcome = Promise.all([buffer(stdout), buffer(stderr), once(child, "close")]).then(
      ([out, err]): Outcome => ({
        code: child.exitCode,
        signal: child.signalCode,
        stdout: out.toString(),
        stderr: err.toString(),
        stdoutBytes: out,
      }),
    );
    return { process: child, outcome };
  }

  const home: Home = {
    dir,
    cwd,
    stateDir: join(dir, ".cache/orchastration/state"),
    runtimeDir,
    configFile,
    env,
    writeConfig(toml) {
      mkdirSync(join(dir, ".config/orchastration"), { recursive: true });
      writeFileSync(configFile, toml);
    },
    start,
    cli: (args, options) => start(args, options).outcome,
    async json(args, options) {
      const outcome = await start(["--json", ...args], options).outcome;
      try {
        const document = JSON.parse(outcome.stdout) as Record<string, unknown>;
        if (!("error" in document)) return document;
        throw new Error("the command failed");
      } catch {
        throw new Error(
          `--json ${args.join(" ")} printed no document (exit ${outcome.code}):\n${outcome.stdout}${outcome.stderr}`,
        );
      }
    },
    processes: (...variables) => processesWith(`HOME=${dir}`, ...variables),
    daemons: () => home.processes("ORCHASTRATION_ROLE=daemon"),
    killAll: () => killAll(dir),
    async [Symbol.asyncDispose]() {
      if (existsSync(join(home.stateDir, "daemon.json"))) await home.cli(["daemon", "stop", "--all"]);
      await killAll(dir);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return home;
}

/** Pids of every living process that has all of these in its environment. */
function processesWith(...variables: readonly string[]): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
        return variables.every((variable) => environment.includes(variable));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Again and again: a client that lost its daemon starts another one. */
async function killAll(dir: string): Promise<void> {
  const leftOver = (): number[] => processesWith(`HOME=${dir}`);
  for (let left = leftOver(); left.length > 0; left = leftOver()) {
    for (const pid of left) kill(pid);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself in between.
  }
}
