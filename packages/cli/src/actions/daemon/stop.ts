import type { Action } from "../../command.ts";
import type { daemonStop } from "../../commands/daemon/stop.ts";
import { count } from "../../output/format.ts";
import { endDaemon } from "./end-daemon.ts";

export const run: Action<typeof daemonStop> = async (context, { all }) => {
  const { globals, output } = context;
  const end = await endDaemon(context, all ? "stop-all" : "stop");
  const sessions = end.wasRunning ? (end.sessions ?? 0) : 0;
  if (globals.json) await output.json<"daemonEnd">({ was_running: end.wasRunning, sessions });
  else if (!end.wasRunning) await output.note("The daemon does not run.");
  else if (sessions === 0) await output.note("The daemon has ended.");
  else await output.note(`The daemon has ended; ${count(sessions, "session")} ${sessions === 1 ? "goes" : "go"} on.`);
  return 0;
};
