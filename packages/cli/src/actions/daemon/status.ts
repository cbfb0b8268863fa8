import { toPlainText } from "@orchastration/protocol";
import type { Result } from "@orchastration/protocol/contract";
import type { Action } from "../../command.ts";
import type { daemonStatus } from "../../commands/daemon/status.ts";
import { count, formatTime } from "../../output/format.ts";
import { describeDaemon, findDaemon, runningDocument } from "./daemon-state.ts";

type Status = Result<"daemon.status">;

const EXIT_NOT_RUNNING = 3;

export const run: Action<typeof daemonStatus> = async (context) => {
  const { output, globals, place } = context;
  const client = await findDaemon(context);
  if (client === undefined) {
    const stopped = { running: false, state_dir: place.stateDir, log_file: place.logFile } as const;
    if (globals.json) await output.json<"daemonState">(stopped);
    else await output.print("The daemon does not run.");
    return EXIT_NOT_RUNNING;
  }
  const status = await client.call("daemon.status", {});
  if (globals.json) {
    await output.json<"daemonState">(runningDocument(status));
    return 0;
  }
  const lines = [
    describeDaemon(status),
    `since ${formatTime(status.startedAt)}`,
    `socket ${status.socket}`,
    `state ${status.stateDir}`,
    `log ${status.logFile}`,
    ...status.supervisors.map(describeSupervisor),
    ...status.warnings.map((warning) => `warning: ${warning}`),
  ];
  await output.print(lines.map((line) => toPlainText(line)).join("\n"));
  return 0;
};

function describeSupervisor(supervisor: Status["supervisors"][number]): string {
  const { id, pid, version, sessions, isDraining, isResponsive } = supervisor;
  // After an upgrade: it gets no new session, and ends with its last one.
  const draining = isDraining ? ", draining" : "";
  const silent = isResponsive ? "" : ", does not answer";
  return `supervisor ${id}: pid ${pid}, version ${version}, ${count(sessions, "session")}${draining}${silent}`;
}
