import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../support/home.ts";
import type { TriedCell } from "./cell.ts";
import { type Stage, signal, untilSuspended } from "./stage.ts";
import type { Trap } from "./troubled-daemon.ts";

type Act = TriedCell["act"];
type Step = () => void | Promise<void>;

/** Brings trouble. What it answers is done when everything goes on: the way back, or what has to come of it. */
type Trouble = (stage: Stage) => void | Step | Promise<void | Step>;

async function meet(trouble: Trouble, stage: Stage, goOn: Step): Promise<void> {
  const afterwards = await trouble(stage);
  await goOn();
  if (typeof afterwards === "function") await afterwards();
}

/** The daemon stands still behind the intent meanwhile. */
export function whileStarting(trouble: Trouble): Act {
  return async (stage) => {
    await stage.startDaemon("after-intent:daemon:SIGSTOP");
    stage.run();
    await untilSuspended(() => stage.daemon);
    await meet(trouble, stage, async () => {
      signal(stage.daemon, "SIGCONT");
      await stage.untilStarted();
      stage.openGate();
    });
  };
}

/** The command waits at its gate meanwhile. */
export function whileRunning(trouble: Trouble, ...options: readonly string[]): Act {
  return async (stage) => {
    await stage.startDaemon();
    stage.run(...options);
    await stage.untilStarted();
    await stage.untilRunning();
    await meet(trouble, stage, stage.openGate);
  };
}

/** The command has ended, and the daemon stands still before it records that. */
export function whileExiting(trouble: Trouble): Act {
  return async (stage) => {
    await stage.startDaemon("after-exit:daemon:SIGSTOP");
    stage.run();
    await stage.untilStarted();
    stage.openGate();
    await untilSuspended(() => stage.daemon);
    await meet(trouble, stage, () => signal(stage.daemon, "SIGCONT"));
  };
}

/** The command has ended, and the supervisor stands still before it writes that down. */
export function whileTheExitIsWritten(trouble: (stage: Stage) => void | Promise<void>): Act {
  return whileRunning((stage) => {
    stage.arm({ ...WRITES_THE_EXIT, action: "SIGSTOP" });
    return async () => {
      await untilSuspended(() => stage.supervisor);
      await trouble(stage);
      signal(stage.supervisor, "SIGCONT");
    };
  });
}

export const MAKES_ITS_OUTPUT = { role: "supervisor", call: "openSync", path: "stdout\\.log$" } as const;
export const HAS_STARTED_IT = { role: "supervisor", call: "closeSync", path: "stdout\\.log$" } as const;
export const WRITES_THE_EXIT = { role: "supervisor", call: "renameSync", path: "exit\\.json$" } as const;
export const HAS_WRITTEN_THE_EXIT = { role: "supervisor", call: "renameSync done", path: "exit\\.json$" } as const;

export async function startUnder(stage: Stage, trap: Trap, ...options: readonly string[]): Promise<void> {
  await stage.startDaemon();
  stage.arm(trap);
  stage.run(...options);
}

/** The exit cannot be written until the client has its answer. */
export function withoutTheExit(action: Trap["action"]): Act {
  return whileRunning((stage) => {
    stage.arm({ ...WRITES_THE_EXIT, action });
    return async () => {
      await stage.waiting?.outcome;
      stage.disarm();
    };
  });
}

/** As many descriptors as it has, and so many more. Returns the way back. */
export function limitDescriptors(pid: number, more: number): () => void {
  const open = readdirSync(`/proc/${pid}/fd`).length;
  const limit = (soft: number | string) => execFileSync("prlimit", ["--pid", String(pid), `--nofile=${soft}:`]);
  limit(open + more);
  return () => void limit(4096);
}

export function hasExitFile(stage: Stage): boolean {
  const sessions = join(stage.home.stateDir, "sessions");
  return readdirSync(sessions).some((session) => existsSync(join(sessions, session, "exit.json")));
}

const DAEMON = join(PROJECT_ROOT, "packages/daemon/dist/main.js");

/** A second one for the same state directory. Answers its exit code. */
export async function startSecondDaemon(stage: Stage): Promise<number | null> {
  const env = { ...stage.home.env, ORCHASTRATION_ROLE: "daemon" };
  const second = spawn(process.execPath, [DAEMON], { env, stdio: "ignore" });
  await once(second, "exit");
  return second.exitCode;
}

export function placeOlderRegistry(stage: Stage): void {
  mkdirSync(stage.home.stateDir, { recursive: true, mode: 0o700 });
  cpSync(
    join(PROJECT_ROOT, "test/fixtures/states/0.1.0-alpha.1/registry.db"),
    join(stage.home.stateDir, "registry.db"),
  );
}

export async function endNormally(stage: Stage): Promise<void> {
  stage.run();
  await stage.untilStarted();
  stage.openGate();
}
