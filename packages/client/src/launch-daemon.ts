import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { ROLE_MARKER, SESSION_MARKER } from "@orchastration/protocol/supervisor";

export interface LaunchOptions {
  /** Path of the daemon's main.js, run by the Node that runs this. */
  readonly program: string;
  readonly args: readonly string[];
  /** The caller's environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where to look for the reason when the daemon dies without a word. */
  readonly logFile: string;
}

export type LaunchOutcome =
  | { readonly status: "ready" }
  /** Another process holds the instance lock: a daemon that runs, begins or ends. */
  | { readonly status: "held" }
  | { readonly status: "failed"; readonly message: string; readonly hint: string };

/** sysexits' EX_TEMPFAIL: how the daemon says that the instance lock is held. */
const LOCK_HELD_EXIT_CODE = 75;

/** The descriptor on which the daemon writes one line: `ready`, or `error` and a JSON object. */
const READINESS_DESCRIPTOR = 3;

const LOG_TAIL_BYTES = 16_384;
const LOG_TAIL_LINES = 5;

/**
 * The caller's environment without what belongs to the caller alone: a session's marker would make the daemon part of that session's tree,
 * Node's options are meant for another program, and certificates cost 40 ms at every start.
 */
export function daemonEnvironment(env: LaunchOptions["env"]): Record<string, string | undefined> {
  const { NODE_EXTRA_CA_CERTS: _certificates, NODE_OPTIONS: _options, [SESSION_MARKER]: _session, ...rest } = env;
  return { ...rest, [ROLE_MARKER]: "daemon" };
}

/** Mebibytes in which new objects are made: with what Node takes by itself, an hour of bursts leaves 15 MB of nothing. */
const SMALL = ["--max-semi-space-size=2"];

/**
 * For the allocator of glibc, the first two in bytes. Without these what a flood needed once stays with daemon and supervisors, 20 MB of nothing; each
 * thread has an arena of its own, which outlives it, and after a day they hold 10 MB more.
 */
const SMALL_HEAP = { MALLOC_TRIM_THRESHOLD_: "131072", MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_ARENA_MAX: "1" };

/**
 * Compiling is a third of a supervisor's start, which finds what the last one compiled (the daemon's own bundle has its own way). Where it cannot be
 * kept, nothing is. The folder is this user's alone, since what lies in it is run, and Node makes folders that a umask may open to everybody.
 */
function compileCache(program: string): { readonly NODE_COMPILE_CACHE?: string } {
  if (!existsSync(program)) return {};
  const folder = join(dirname(program), "compiled");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return {};
  }
  return { NODE_COMPILE_CACHE: folder };
}

/** Starts a daemon that outlives this process, and waits until it says that it serves or why it does not. */
export async function launchDaemon(options: LaunchOptions, timeoutMs: number): Promise<LaunchOutcome> {
  const child = spawn(process.execPath, [...SMALL, options.program, ...options.args, "--report-readiness"], {
    detached: true,
    cwd: "/",
    env: { ...compileCache(options.program), ...SMALL_HEAP, ...daemonEnvironment(options.env) },
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    windowsHide: true,
  });
  const exited = exitOf(child);
  const line = await firstLine(child.stdio[READINESS_DESCRIPTOR] as Readable, timeoutMs);
  if (line === undefined) {
    child.unref();
    return failure(`The daemon did not become ready within ${Math.round(timeoutMs / 1_000)} s.`, options);
  }
  if (line === "ready") {
    child.unref();
    return { status: "ready" };
  }
  const exit = await exited;
  if (exit === LOCK_HELD_EXIT_CODE) return { status: "held" };
  const told = line.startsWith("error ") ? readError(line.slice("error ".length)) : undefined;
  if (told?.exitCode === LOCK_HELD_EXIT_CODE) return { status: "held" };
  if (told !== undefined) {
    return { status: "failed", message: `The daemon cannot start: ${told.message}`, hint: told.hint };
  }
  return failure(
    typeof exit === "string" ? `The daemon cannot start: ${exit}.` : "The daemon ended as it started.",
    options,
  );
}

/** The exit code, null after a signal, or a sentence why there is no process at all. */
function exitOf(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => {
    child.once("exit", (code) => resolve(code));
    child.once("error", (error) => resolve(error.message));
  });
}

/** Up to the first line feed or the end; undefined when neither comes in time. */
function firstLine(stream: Readable, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const finish = (line: string | undefined): void => {
      clearTimeout(timer);
      stream.destroy();
      resolve(line);
    };
    const timer = setTimeout(() => finish(undefined), timeoutMs);
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end !== -1) finish(text.slice(0, end));
    });
    stream.once("end", () => finish(text));
    stream.once("error", () => finish(text));
  });
}

function readError(json: string): { exitCode: unknown; message: string; hint: string } | undefined {
  try {
    const { exitCode, message, hint } = JSON.parse(json) as Record<string, unknown>;
    return { exitCode, message: String(message), hint: typeof hint === "string" ? hint : "" };
  } catch {
    return undefined;
  }
}

function failure(message: string, { logFile }: LaunchOptions): LaunchOutcome {
  const tail = readTail(logFile);
  return {
    status: "failed",
    message: tail === "" ? message : `${message} The end of its log:\n${tail}`,
    hint: `The whole log is ${logFile}.`,
  };
}

function readTail(path: string): string {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return "";
  }
  try {
    const buffer = Buffer.alloc(LOG_TAIL_BYTES);
    const length = readSync(file, buffer, 0, LOG_TAIL_BYTES, Math.max(0, fstatSync(file).size - LOG_TAIL_BYTES));
    return buffer.toString("utf8", 0, length).trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n");
  } finally {
    closeSync(file);
  }
}
