import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { messageOf, OrchastrationError } from "@orchastration/protocol";
import { errorCode, identifyProcess } from "@orchastration/protocol/node";
import { type Exit, type PipeOutput, SESSION_MARKER, type SpawnParams } from "@orchastration/protocol/supervisor";
import type { Leader } from "./session.ts";
import { explainSpawnFailure, refuseUnstartable } from "./spawn-failure.ts";
import { withMastersCovered } from "./terminal/masters.ts";
import { type Signal, sendSignal } from "./termination/send-signal.ts";

export type PipeSpawnParams = SpawnParams & { readonly output: PipeOutput };

/**
 * Starts the command in a session and process group of its own, its output going straight to the journal files.
 * @throws {OrchastrationError} SpawnFailed, CommandNotFound, CommandNotExecutable, WorkingDirectoryInvalid; then neither file exists
 */
export async function spawnWithPipes(params: PipeSpawnParams): Promise<Leader> {
  refuseUnstartable(params);
  const { stdoutPath, stderrPath } = params.output;
  const { isClaimed = false } = params;
  const withStdout = isClaimed ? withClaimedJournal : withNewJournal;
  return await withStdout(stdoutPath, (stdout) =>
    withNewJournal(stderrPath, (stderr) => start(params, stdout, stderr)),
  );
}

/** The child holds its own copy of the descriptor, so ours is closed whatever happens. Without a child the file is removed. */
async function withNewJournal<T>(path: string, use: (descriptor: number) => Promise<T>): Promise<T> {
  const descriptor = openJournal(path);
  try {
    return await use(descriptor);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Stays whatever happens: it keeps another supervisor from starting the same command. */
async function withClaimedJournal<T>(path: string, use: (descriptor: number) => Promise<T>): Promise<T> {
  const descriptor = openJournal(path, "a");
  try {
    return await use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function openJournal(path: string, flags: "a" | "ax" = "ax"): number {
  try {
    // Append: a command that opens and empties /dev/stdout goes on at its new end, without a hole. Exclusive: no other run's output is touched.
    return openSync(path, flags, 0o600);
  } catch (error) {
    throw new OrchastrationError(
      errorCode(error) === "EEXIST" ? "SpawnFailed" : "StateUnavailable",
      `Cannot create the output file ${path}: ${messageOf(error)}`,
      { details: { path, systemCode: errorCode(error) ?? null } },
    );
  }
}

async function start(params: SpawnParams, stdout: number, stderr: number): Promise<Leader> {
  const child = spawnChild(params, stdout, stderr);
  if (child.pid === undefined) {
    throw explainSpawnFailure(params, await new Promise((resolve) => child.once("error", resolve)));
  }
  const exited = exitOf(child);
  // A child that has ended already is a zombie until the event loop turns, and zombies have identities.
  const identity = identifyProcess(child.pid);
  if (identity === undefined) {
    child.kill("SIGKILL");
    throw new OrchastrationError("SpawnFailed", "The system does not list the process it just started.");
  }
  return { identity, exited, leavesOnlyItsGroup: true, signalGroup: (signal) => signalGroup(child, signal) };
}

/** Until its exit has been taken by Node, a child keeps its pid, and the group that goes by it. */
function signalGroup(child: ChildProcess, signal: Signal): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) sendSignal(-child.pid, signal);
}

function spawnChild(params: SpawnParams, stdout: number, stderr: number): ChildProcess {
  const umask = params.umask === null ? undefined : process.umask(params.umask);
  try {
    return withMastersCovered((cover) =>
      spawn(params.file, params.argv.slice(1), {
        argv0: params.argv[0] ?? params.file,
        cwd: params.cwd,
        env: { ...params.env, [SESSION_MARKER]: params.session },
        stdio: ["ignore", stdout, stderr, ...cover],
        detached: true,
        windowsHide: true,
      }),
    );
  } catch (error) {
    throw explainSpawnFailure(params, error);
  } finally {
    if (umask !== undefined) process.umask(umask);
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? { code: code ?? 0 } : { signal }));
  });
}
