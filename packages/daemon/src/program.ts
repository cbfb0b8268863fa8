import { spawn } from "node:child_process";
import { extname, resolve } from "node:path";
import { ROLE_MARKER } from "@orchastration/protocol/supervisor";

/** How this process was started: its successor and its supervisors are started the same way, from a bundle as from source. */
export interface Program {
  /** The daemon's entry file. */
  readonly file: string;
  /** Arguments for Node itself. */
  readonly nodeArguments: readonly string[];
  /** Which daemon this is: its own arguments for state directory and configuration. */
  readonly daemonArguments: readonly string[];
}

/** How long a successor waits for its predecessor to let go of the lock. */
const SUCCESSOR_LOCK_WAIT_MS = 10_000;

/** `packages/supervisor` lies beside `packages/daemon`, in the same form: bundled or source. */
export function supervisorProgram({ file, nodeArguments }: Program): {
  program: string;
  nodeArguments: readonly string[];
} {
  const form = extname(file) === ".ts" ? "src/main.ts" : "dist/main.js";
  return { program: resolve(file, "../../../supervisor", form), nodeArguments };
}

/** Starts the daemon that takes over. It waits for the lock, so that there is never a second one. */
export function launchSuccessor({ file, nodeArguments, daemonArguments }: Program): void {
  const args = [...nodeArguments, file, ...daemonArguments, "--wait-for-lock", String(SUCCESSOR_LOCK_WAIT_MS)];
  spawn(process.execPath, args, {
    cwd: "/",
    detached: true,
    stdio: "ignore",
    env: { ...process.env, [ROLE_MARKER]: "daemon" },
  }).unref();
}
