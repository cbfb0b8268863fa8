import { join } from "node:path";
import { currentPaths } from "@orchastration/protocol/node";
import { CommandError } from "./command-error.ts";
import type { Surroundings } from "./context.ts";
import { processSignals } from "./signals.ts";
import { processSuspension } from "./suspension.ts";

/** What this process was given. */
export const processSurroundings: Surroundings = {
  platform: process.platform,
  env: process.env,
  get cwd() {
    return workingDirectory();
  },
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return forgiving(process.stdout);
  },
  get stderr() {
    return forgiving(process.stderr);
  },
  signals: processSignals,
  suspension: processSuspension,
  // Both bundles keep their place beside each other, in a checkout and when installed.
  daemonProgram: join(__dirname, "../../daemon/dist/main.js"),
  helpDir: join(__dirname, "help"),
  paths: currentPaths,
  execute: async (argv) => (await import("./service/execute.ts")).execute(argv),
};

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    throw new CommandError("NoWorkingDirectory", "The working directory no longer exists.", {
      hint: "Change to a directory that does, and try again.",
    });
  }
}

/** Whoever writes hears of a failure through the callback. Without a listener it would also end the process, before its last words. */
function forgiving<S extends NodeJS.WriteStream>(stream: S): S {
  if (stream.listenerCount("error") === 0) stream.on("error", () => {});
  return stream;
}
