import type { Action } from "../../command.ts";
import type { daemonRestart } from "../../commands/daemon/restart.ts";
import { printRunning } from "./daemon-state.ts";
import { endDaemon } from "./end-daemon.ts";

export const run: Action<typeof daemonRestart> = async (context) => {
  // Not daemon.restart: a daemon that a service manager started cannot start its own successor, but whoever connects next can.
  await endDaemon(context, "stop");
  await printRunning(context, await context.connect());
  return 0;
};
