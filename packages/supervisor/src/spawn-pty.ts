import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { messageOf, OrchastrationError } from "@orchastration/protocol";
import { identifyProcess, isSameProcessAlive, ownIdentity } from "@orchastration/protocol/node";
import {
  type Exit,
  type ProcessIdentity,
  type PtyOutput,
  SESSION_MARKER,
  type SpawnParams,
} from "@orchastration/protocol/supervisor";
import * as nodePty from "node-pty";
import type { Clock } from "./clock.ts";
import type { Leader } from "./session.ts";
import { refuseUnexecutable, refuseUnstartable } from "./spawn-failure.ts";
import type { Pty, PtyEvents, Size } from "./terminal/pty.ts";
import { openUnixPty } from "./terminal/pty-unix.ts";
import { openWindowsPty } from "./terminal/pty-windows.ts";
import { type Signal, sendSignal } from "./termination/send-signal.ts";

export type PtySpawnParams = SpawnParams & { readonly output: PtyOutput };

/** What our screens and the terminals of nearly everybody understand. */
const TERM = "xterm-256color";
/** The size of another terminal, which programs would believe more than their own. */
const SIZE_VARIABLES: ReadonlySet<string> = new Set(["LINES", "COLUMNS"]);

/**
 * The part of node-pty that forks. Its own terminal object closes the master 200 ms after the exit, whoever still writes and whatever is still to
 * be read, and types through the thread pool.
 */
interface NativePty {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    isUtf8: boolean,
    helperPath: string,
    onExit: (code: number, signal: number) => void,
  ): { readonly fd: number; readonly pid: number };
  resize(fd: number, cols: number, rows: number, pixelWidth: number, pixelHeight: number): void;
}

/**
 * Starts the command in a session of its own whose controlling terminal is a new one.
 * `argv[0]` is always the program's path: node-pty gives a program no other name.
 * @throws {OrchastrationError} SpawnFailed, CommandNotFound, CommandNotExecutable, WorkingDirectoryInvalid
 */
export function spawnWithPty(clock: Clock, params: PtySpawnParams, events: PtyEvents): { leader: Leader; pty: Pty } {
  refuseUnstartable(params);
  refuseUnexecutable(params);
  const given = Object.entries(params.env).filter(([name]) => !SIZE_VARIABLES.has(name));
  const env = { TERM, ...Object.fromEntries(given), [SESSION_MARKER]: params.session };
  const umask = params.umask === null ? undefined : process.umask(params.umask);
  try {
    return process.platform === "win32" ? startOnWindows(params, env, events) : start(clock, params, env, events);
  } catch (error) {
    throw new OrchastrationError("SpawnFailed", `Cannot start ${params.file} in a terminal: ${messageOf(error)}`);
  } finally {
    if (umask !== undefined) process.umask(umask);
  }
}

function start(
  clock: Clock,
  { file, argv, cwd, output }: PtySpawnParams,
  env: Readonly<Record<string, string>>,
  events: PtyEvents,
): { leader: Leader; pty: Pty } {
  const native = nativePty();
  const { promise: exited, resolve: onExit } = Promise.withResolvers<Exit>();
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const { fd, pid } = native.fork(
    file,
    argv.slice(1),
    variables,
    cwd,
    output.cols,
    output.rows,
    -1,
    -1,
    true,
    spawnHelperPath(),
    (code, signal) => onExit(signal === 0 ? { code } : { signal: nameOfSignal(signal) }),
  );
  const resize = (master: number, { cols, rows }: Size): void => native.resize(master, cols, rows, 0, 0);
  return { leader: leaderOf(pid, exited), pty: openUnixPty(clock, fd, resize, events) };
}

function startOnWindows(
  { file, argv, cwd, output }: PtySpawnParams,
  env: Record<string, string>,
  events: PtyEvents,
): { leader: Leader; pty: Pty } {
  const { cols, rows } = output;
  const conPty = nodePty.spawn(file, argv.slice(1), { cols, rows, cwd, env, encoding: null });
  const exited = new Promise<Exit>((resolve) => conPty.onExit(({ exitCode }) => resolve({ code: exitCode })));
  return { leader: leaderOf(conPty.pid, exited), pty: openWindowsPty(conPty, events) };
}

function leaderOf(pid: number, exited: Promise<Exit>): Leader {
  // A thread of node-pty takes the exit in the moment it happens: the fastest command is gone by now. Then nothing can have this identity.
  const identity: ProcessIdentity = identifyProcess(pid) ?? { ...ownIdentity(), pid };
  return {
    identity,
    exited,
    // Job control gives every command of a shell a group of its own.
    leavesOnlyItsGroup: false,
    signalGroup(signal: Signal) {
      if (isSameProcessAlive(identity)) sendSignal(-pid, signal);
    },
  };
}

function nativePty(): NativePty {
  const native: unknown = "native" in nodePty ? nodePty.native : undefined;
  if (isNativePty(native)) return native;
  throw new Error("node-pty has no native part for this system");
}

function isNativePty(value: unknown): value is NativePty {
  return typeof value === "object" && value !== null && "fork" in value && "resize" in value;
}

/** The program that gives a child its terminal where `fork` in a process with threads is not allowed (macOS). */
function spawnHelperPath(): string {
  if (process.platform !== "darwin") return "";
  const directory = dirname(createRequire(import.meta.url).resolve("node-pty/package.json"));
  return join(directory, "prebuilds", `darwin-${process.arch}`, "spawn-helper");
}

function nameOfSignal(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `SIGRTMIN+${number - 34}`;
}
