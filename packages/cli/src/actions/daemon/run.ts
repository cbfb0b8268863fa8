import { spawn } from "node:child_process";
import { constants } from "node:os";
import { daemonEnvironment } from "@orchastration/client";
import type { Action } from "../../command.ts";
import type { daemonRun } from "../../commands/daemon/run.ts";

export const run: Action<typeof daemonRun> = async ({ daemonProgram, daemonArgs, env, signals }) => {
  const child = spawn(process.execPath, [daemonProgram, ...daemonArgs, "--foreground"], {
    stdio: "inherit",
    env: daemonEnvironment(env),
  });
  // A terminal's Ctrl-C reaches the daemon as well, which ends at the first one and does not mind a second.
  const dispose = signals.onEnding((signal) => child.kill(signal));
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));
    });
  } finally {
    dispose();
  }
};
