import { type DaemonClient, DaemonUnreachableError } from "@orchastration/client";
import type { Document, Result } from "@orchastration/protocol/contract";
import type { Context } from "../../context.ts";
import { count } from "../../output/format.ts";

type Status = Result<"daemon.status">;

/** The daemon that runs; undefined when none does. Never starts one. */
export async function findDaemon(context: Context): Promise<DaemonClient | undefined> {
  try {
    return await context.connect({ mayLaunch: false });
  } catch (error) {
    if (error instanceof DaemonUnreachableError) return undefined;
    throw error;
  }
}

export function runningDocument(status: Status): Document<"daemonState"> {
  return {
    running: true,
    pid: status.pid,
    version: status.version,
    socket: status.socket,
    state_dir: status.stateDir,
    log_file: status.logFile,
    started_at: status.startedAt,
    sessions: status.sessions,
    queued_runs: status.queuedRuns,
    connections: status.connections,
    head_seq: status.headSeq,
    supervisors: status.supervisors.map(({ isDraining, isResponsive, ...supervisor }) => ({
      ...supervisor,
      draining: isDraining,
      responsive: isResponsive,
    })),
    warnings: [...status.warnings],
  };
}

/** One line: what runs, and what it holds. */
export function describeDaemon({ pid, version, sessions, queuedRuns }: Status): string {
  const queued = queuedRuns === 0 ? "" : `, ${count(queuedRuns, "run")} queued`;
  return `The daemon runs: version ${version}, pid ${pid}, ${count(sessions, "session")}${queued}.`;
}

/** Prints what runs now; for the commands that begin something. */
export async function printRunning({ globals, output }: Context, client: DaemonClient): Promise<void> {
  const status = await client.call("daemon.status", {});
  if (globals.json) return await output.json<"daemonState">(runningDocument(status));
  await output.note(describeDaemon(status));
  for (const warning of status.warnings) await output.warn(`Warning: ${warning}`);
}
