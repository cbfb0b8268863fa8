import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { PROJECT_ROOT } from "../support/home.ts";
import { canMount, fill, mountSmall } from "../support/hostile-disk.ts";
import { until } from "../support/until.ts";
import type { Outcome } from "./expect-kept.ts";
import { type Stage, signal, type Trap, untilGone, untilSuspended } from "./stage.ts";

export type Who = "client" | "daemon" | "supervisor" | "all";
export type What =
  | "SIGKILL"
  | "SIGTERM"
  | "SIGSTOP, SIGCONT"
  | "disk full"
  | "out of descriptors"
  | "clock jump"
  | "read-only state directory"
  | "upgrade"
  | "second daemon";
export type When = "starting" | "running" | "exiting" | "merging" | "migration";

interface Place {
  readonly who: Who;
  readonly what: What;
  readonly when: When;
  /** Tells cells of one place apart. */
  readonly how?: string;
}

/** Tried here: `act` brings it about and lets the command end; `outcome` is all that may be left. */
export interface TriedCell extends Place {
  readonly outcome: Outcome;
  /** What the waiting client ends with, where it is there to the end. */
  readonly clientCode?: number;
  /** Not among the quick ones of every test run. */
  readonly isLong?: true;
  readonly canBeTried?: boolean;
  act(stage: Stage): Promise<void>;
}

/** Tried by a test of its own. */
export interface CellElsewhere extends Place {
  readonly file: string;
  /** As it stands in that file. */
  readonly test: string;
  readonly kept: string;
}

/** Not tried, and why. */
export interface UntriedCell extends Place {
  readonly why: string;
}

const DAY_MS = 86_400_000;

async function running(stage: Stage, ...options: readonly string[]): Promise<void> {
  await stage.startDaemon();
  stage.run(...options);
  await stage.untilStarted();
  await stage.untilRunning();
}

/** Suspends the daemon at a step of domain/fault-point.ts. */
async function daemonStandsAt(stage: Stage, point: "after-intent" | "after-exit"): Promise<void> {
  await stage.startDaemon(`${point}:daemon:SIGSTOP`);
  stage.run();
  if (point === "after-exit") {
    await stage.untilStarted();
    stage.openGate();
  }
  await untilSuspended(() => stage.daemon);
}

const MAKES_ITS_OUTPUT = { role: "supervisor", call: "openSync", path: "stdout\\.log$" } as const;
const HAS_STARTED_IT = { role: "supervisor", call: "closeSync", path: "stdout\\.log$" } as const;
const WRITES_THE_EXIT = { role: "supervisor", call: "rename", path: "exit\\.json$" } as const;
const HAS_WRITTEN_THE_EXIT = { role: "supervisor", call: "file.sync", path: "/sessions/\\w+$" } as const;

async function startsUnder(stage: Stage, trap: Trap): Promise<void> {
  await stage.startDaemon();
  stage.arm(trap);
  stage.run();
}

async function exitsUnder(stage: Stage, trap: Trap): Promise<void> {
  await running(stage);
  stage.arm(trap);
  stage.openGate();
}

async function goOn(stage: Stage, pid: number): Promise<void> {
  signal(pid, "SIGCONT");
  await stage.untilStarted();
  stage.openGate();
}

/** As many descriptors as it has, and so many more. Returns the way back. */
function limitDescriptors(pid: number, more: number): () => void {
  const open = readdirSync(`/proc/${pid}/fd`).length;
  const limit = (soft: number | string) => execFileSync("prlimit", ["--pid", String(pid), `--nofile=${soft}:`]);
  limit(open + more);
  return () => void limit(4096);
}

const exitFile = (stage: Stage): boolean => {
  const sessions = join(stage.home.stateDir, "sessions");
  return readdirSync(sessions).some((session) => existsSync(join(sessions, session, "exit.json")));
};

const DAEMON = join(PROJECT_ROOT, "packages/daemon/dist/main.js");

/** A second one for the same state directory. Answers its exit code. */
async function startSecondDaemon(stage: Stage): Promise<number | null> {
  const env = { ...stage.home.env, ORCHASTRATION_ROLE: "daemon" };
  const second = spawn(process.execPath, [DAEMON], { env, stdio: "ignore" });
  await once(second, "exit");
  return second.exitCode;
}

const LOCK_HELD = 75;

function placeOlderRegistry(stage: Stage): void {
  mkdirSync(stage.home.stateDir, { recursive: true, mode: 0o700 });
  cpSync(
    join(PROJECT_ROOT, "test/fixtures/states/0.1.0-alpha.1/registry.db"),
    join(stage.home.stateDir, "registry.db"),
  );
}

async function endNormally(stage: Stage): Promise<void> {
  stage.run();
  await stage.untilStarted();
  stage.openGate();
}

export const TRIED: readonly TriedCell[] = [
  {
    who: "client",
    what: "SIGKILL",
    when: "starting",
    outcome: "recorded",
    async act(stage) {
      await daemonStandsAt(stage, "after-intent");
      signal(stage.client, "SIGKILL");
      await goOn(stage, stage.daemon);
    },
  },
  {
    who: "client",
    what: "SIGKILL",
    when: "exiting",
    outcome: "recorded",
    isLong: true,
    async act(stage) {
      await daemonStandsAt(stage, "after-exit");
      signal(stage.client, "SIGKILL");
      signal(stage.daemon, "SIGCONT");
    },
  },
  {
    who: "client",
    what: "SIGSTOP, SIGCONT",
    when: "starting",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      await daemonStandsAt(stage, "after-intent");
      signal(stage.client, "SIGSTOP");
      await goOn(stage, stage.daemon);
      signal(stage.client, "SIGCONT");
    },
  },
  {
    who: "client",
    what: "SIGSTOP, SIGCONT",
    when: "running",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await running(stage);
      signal(stage.client, "SIGSTOP");
      stage.openGate();
      await until(async () => !JSON.stringify(await stage.home.json(["runs"])).includes('"running"'));
      signal(stage.client, "SIGCONT");
    },
  },
  {
    who: "daemon",
    what: "SIGTERM",
    when: "starting",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await daemonStandsAt(stage, "after-intent");
      signal(stage.daemon, "SIGTERM");
      await goOn(stage, stage.daemon);
    },
  },
  {
    who: "daemon",
    what: "SIGTERM",
    when: "running",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await running(stage);
      signal(stage.daemon, "SIGTERM");
      await untilGone(stage.daemon);
      stage.openGate();
    },
  },
  {
    who: "daemon",
    what: "SIGTERM",
    when: "exiting",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await daemonStandsAt(stage, "after-exit");
      signal(stage.daemon, "SIGTERM");
      signal(stage.daemon, "SIGCONT");
    },
  },
  {
    who: "daemon",
    what: "SIGSTOP, SIGCONT",
    when: "starting",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      await daemonStandsAt(stage, "after-intent");
      await goOn(stage, stage.daemon);
    },
  },
  {
    who: "daemon",
    what: "SIGSTOP, SIGCONT",
    when: "running",
    how: "and the command ends meanwhile",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await running(stage);
      signal(stage.daemon, "SIGSTOP");
      stage.openGate();
      await until(() => exitFile(stage));
      signal(stage.daemon, "SIGCONT");
    },
  },
  {
    who: "daemon",
    what: "SIGSTOP, SIGCONT",
    when: "exiting",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      await daemonStandsAt(stage, "after-exit");
      signal(stage.daemon, "SIGCONT");
    },
  },
  {
    who: "daemon",
    what: "disk full",
    when: "migration",
    how: "a file system of 4 MiB; it refuses to start, and does when there is room",
    outcome: "recorded",
    clientCode: 7,
    canBeTried: canMount,
    async act(stage) {
      const small = mountSmall(stage.home.stateDir);
      stage.defer(() => small[Symbol.dispose]());
      placeOlderRegistry(stage);
      const makeRoom = fill(stage.home.stateDir);
      expect(await stage.home.cli(["list"])).toMatchObject({
        code: 69,
        stderr: expect.stringContaining("cannot write to the state directory"),
      });
      makeRoom();
      await endNormally(stage);
    },
  },
  {
    who: "daemon",
    what: "upgrade",
    when: "migration",
    how: "the registry of 0.1.0-alpha.1",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      placeOlderRegistry(stage);
      await endNormally(stage);
    },
  },
  {
    who: "daemon",
    what: "out of descriptors",
    when: "starting",
    how: "none for a supervisor",
    outcome: "refused",
    clientCode: 1,
    async act(stage) {
      await stage.startDaemon();
      const giveBack = limitDescriptors(stage.daemon, 2);
      stage.run();
      await stage.waiting?.outcome;
      giveBack();
    },
  },
  {
    who: "daemon",
    what: "out of descriptors",
    when: "exiting",
    how: "none to read the output with",
    outcome: "recorded",
    clientCode: 7,
    // A daemon that is quick takes the exit file away between two looks at it, and the cell then waits for nothing.
    isLong: true,
    async act(stage) {
      await daemonStandsAt(stage, "after-exit");
      const giveBack = limitDescriptors(stage.daemon, 0);
      signal(stage.daemon, "SIGCONT");
      await until(() => exitFile(stage));
      giveBack();
    },
  },
  {
    who: "all",
    what: "clock jump",
    when: "starting",
    how: "a day back, with a time limit",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      await stage.startDaemon();
      stage.setClock(-DAY_MS);
      stage.run("--timeout", "600");
      await stage.untilStarted();
      stage.openGate();
    },
  },
  {
    who: "all",
    what: "clock jump",
    when: "running",
    how: "ten years ahead, with a time limit of ten minutes",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await running(stage, "--timeout", "600");
      stage.setClock(3650 * DAY_MS);
      stage.openGate();
    },
  },
  {
    who: "all",
    what: "clock jump",
    when: "running",
    how: "a day back",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      await running(stage, "--timeout", "600");
      stage.setClock(-DAY_MS);
      stage.openGate();
    },
  },
  {
    who: "daemon",
    what: "clock jump",
    when: "exiting",
    how: "a day back",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await daemonStandsAt(stage, "after-exit");
      stage.setClock(-DAY_MS);
      signal(stage.daemon, "SIGCONT");
    },
  },
  {
    who: "daemon",
    what: "upgrade",
    when: "exiting",
    how: "`daemon restart` at that moment",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await daemonStandsAt(stage, "after-exit");
      const restart = stage.home.start(["daemon", "restart"]);
      signal(stage.daemon, "SIGCONT");
      expect((await restart.outcome).code).toBe(0);
    },
  },
  {
    who: "daemon",
    what: "upgrade",
    when: "starting",
    how: "`daemon restart` at that moment",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      await daemonStandsAt(stage, "after-intent");
      const restart = stage.home.start(["daemon", "restart"]);
      await goOn(stage, stage.daemon);
      expect((await restart.outcome).code).toBe(0);
    },
  },
  {
    who: "daemon",
    what: "second daemon",
    when: "running",
    how: "it is refused (exit 75)",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await running(stage);
      expect(await startSecondDaemon(stage)).toBe(LOCK_HELD);
      stage.openGate();
    },
  },
  {
    who: "daemon",
    what: "second daemon",
    when: "exiting",
    how: "while the first does not move; it is refused (exit 75)",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      await daemonStandsAt(stage, "after-exit");
      expect(await startSecondDaemon(stage)).toBe(LOCK_HELD);
      signal(stage.daemon, "SIGCONT");
    },
  },
  {
    who: "daemon",
    what: "second daemon",
    when: "migration",
    how: "eight clients at once over an older registry",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      placeOlderRegistry(stage);
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => stage.home.json(["daemon", "start"]).then(({ pid }) => pid)),
      );
      expect(new Set(answers).size).toBe(1);
      await endNormally(stage);
    },
  },
  {
    who: "supervisor",
    what: "SIGKILL",
    when: "starting",
    how: "before the command's output is made",
    outcome: "refused",
    clientCode: 1,
    act: (stage) => startsUnder(stage, { ...MAKES_ITS_OUTPUT, action: "SIGKILL" }),
  },
  {
    who: "supervisor",
    what: "SIGKILL",
    when: "starting",
    how: "the command runs, and nobody knows yet",
    outcome: "lost",
    async act(stage) {
      await startsUnder(stage, { ...HAS_STARTED_IT, action: "SIGKILL" });
      await stage.untilStarted();
      await until(() => stage.isSprung);
      stage.openGate();
    },
  },
  {
    who: "supervisor",
    what: "SIGKILL",
    when: "exiting",
    how: "before the exit is written",
    outcome: "lost",
    act: (stage) => exitsUnder(stage, { ...WRITES_THE_EXIT, action: "SIGKILL" }),
  },
  {
    who: "supervisor",
    what: "SIGKILL",
    when: "exiting",
    how: "after the exit is written",
    outcome: "recorded",
    clientCode: 7,
    act: (stage) => exitsUnder(stage, { ...HAS_WRITTEN_THE_EXIT, action: "SIGKILL" }),
  },
  {
    who: "supervisor",
    what: "SIGTERM",
    when: "exiting",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await exitsUnder(stage, { ...WRITES_THE_EXIT, action: "SIGSTOP" });
      await untilSuspended(() => stage.supervisor);
      signal(stage.supervisor, "SIGTERM");
      signal(stage.supervisor, "SIGCONT");
    },
  },
  {
    who: "supervisor",
    what: "SIGSTOP, SIGCONT",
    when: "exiting",
    how: "and the daemon is killed meanwhile",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await exitsUnder(stage, { ...WRITES_THE_EXIT, action: "SIGSTOP" });
      await untilSuspended(() => stage.supervisor);
      signal(stage.daemon, "SIGKILL");
      await untilGone(stage.daemon);
      signal(stage.supervisor, "SIGCONT");
    },
  },
  {
    who: "supervisor",
    what: "disk full",
    when: "starting",
    outcome: "refused",
    clientCode: 1,
    async act(stage) {
      await startsUnder(stage, { ...MAKES_ITS_OUTPUT, action: "ENOSPC" });
      await stage.waiting?.outcome;
      stage.disarm();
    },
  },
  {
    who: "supervisor",
    what: "disk full",
    when: "running",
    how: "the journal of a terminal cannot be written for a while",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      await stage.startDaemon();
      stage.arm({ role: "supervisor", call: "writev", path: "output\\.\\d+\\.raw$", action: "ENOSPC" });
      stage.run("--tty");
      await stage.untilStarted();
      stage.openGate();
      stage.disarm();
    },
  },
  {
    who: "supervisor",
    what: "disk full",
    when: "exiting",
    how: "the exit cannot be written; it is told all the same",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await exitsUnder(stage, { ...WRITES_THE_EXIT, action: "ENOSPC" });
      await stage.waiting?.outcome;
      stage.disarm();
    },
  },
  {
    who: "supervisor",
    what: "read-only state directory",
    when: "exiting",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      await exitsUnder(stage, { ...WRITES_THE_EXIT, action: "EROFS" });
      await stage.waiting?.outcome;
      stage.disarm();
    },
  },
  {
    who: "supervisor",
    what: "out of descriptors",
    when: "starting",
    how: "none for the command's output",
    outcome: "refused",
    clientCode: 1,
    async act(stage) {
      await stage.startDaemon();
      await stage.home.cli(["run", "--", "true"]);
      const giveBack = limitDescriptors(stage.supervisor, 0);
      stage.run();
      await stage.waiting?.outcome;
      giveBack();
    },
  },
  {
    who: "supervisor",
    what: "out of descriptors",
    when: "exiting",
    how: "none to write the exit with",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      await running(stage);
      const giveBack = limitDescriptors(stage.supervisor, 0);
      stage.openGate();
      await stage.waiting?.outcome;
      giveBack();
    },
  },
  {
    who: "all",
    what: "SIGKILL",
    when: "running",
    how: "client, daemon and supervisor at once",
    outcome: "lost",
    async act(stage) {
      await running(stage);
      for (const pid of stage.everybody) signal(pid, "SIGKILL");
      await untilGone(stage.daemon);
      stage.openGate();
    },
  },
  {
    who: "all",
    what: "SIGTERM",
    when: "running",
    how: "to daemon and supervisor, as a logout does, SIGHUP to the client",
    outcome: "recorded",
    async act(stage) {
      await running(stage);
      const [client = 0, ...others] = stage.everybody;
      signal(client, "SIGHUP");
      for (const pid of others) signal(pid, "SIGTERM");
      await untilGone(stage.daemon);
      stage.openGate();
    },
  },
  {
    who: "all",
    what: "SIGSTOP, SIGCONT",
    when: "running",
    how: "everything, the command too",
    outcome: "recorded",
    clientCode: 7,
    async act(stage) {
      await running(stage);
      const everything = stage.home.processes();
      for (const pid of everything) signal(pid, "SIGSTOP");
      stage.openGate();
      for (const pid of everything.toReversed()) signal(pid, "SIGCONT");
    },
  },
  {
    who: "all",
    what: "out of descriptors",
    when: "running",
    how: "daemon and supervisor have none left when the command ends",
    outcome: "recorded",
    clientCode: 7,
    isLong: true,
    async act(stage) {
      await running(stage);
      const giveBack = [stage.daemon, stage.supervisor].map((pid) => limitDescriptors(pid, 0));
      stage.openGate();
      await untilGone(stage.commandPid);
      for (const restore of giveBack) restore();
    },
  },
];
