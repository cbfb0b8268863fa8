import type { Action } from "../../command.ts";
import type { daemonStart } from "../../commands/daemon/start.ts";
import { printRunning } from "./daemon-state.ts";

export const run: Action<typeof daemonStart> = async (context) => {
  await printRunning(context, await context.connect());
  return 0;
};
