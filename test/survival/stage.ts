import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, type Home, type RunningCli } from "../support/home.ts";
import { linesOf } from "../support/lines.ts";
import { until } from "../support/until.ts";
import { createTroublemaker, type Troublemaker } from "./troubled-daemon.ts";

/**
 * One command that counts its starts, waits for a gate, and ends with 7; a client that waits for it; the daemon and the supervisor under it, into
 * which trouble can be brought.
 */
export interface Stage extends AsyncDisposable, Omit<Troublemaker, "startDaemon"> {
  readonly home: Home;
  /** Starts a daemon that can be troubled. */
  startDaemon(fault?: string): Promise<void>;
  readonly daemon: number;
  readonly supervisor: number;
  readonly client: number;
  readonly waiting: RunningCli | undefined;
  /** Has a client start the command, and wait for it. */
  run(...options: readonly string[]): void;
  readonly argv: readonly string[];
  starts(): number;
  openGate(): void;
  untilStarted(): Promise<void>;
  untilRunning(): Promise<void>;
  /** Client, daemon, supervisor. */
  readonly everybody: readonly number[];
  readonly commandPid: number;
  /** Done before the home is removed. */
  defer(undo: () => void): void;
}

export function createStage(): Stage {
  const home = createHome();
  const trouble = createTroublemaker(home);
  const [marker, gate] = [join(home.dir, "started"), join(home.dir, "gate")];
  const script = `echo $$ >> ${marker}; echo before; while [ ! -e ${gate} ]; do sleep 0.05; done; echo after; exit 7`;
  const argv = ["sh", "-c", script];
  let daemon = 0;
  let waiting: RunningCli | undefined;
  const undoing: (() => void)[] = [];

  const pids = (): number[] => linesOf(marker).map(Number);
  const starts = (): number => pids().length;
  const supervisor = (): number => endpoints(home)[0] ?? 0;

  return {
    home,
    argv,
    async startDaemon(fault) {
      daemon = await trouble.startDaemon(fault);
    },
    get daemon() {
      return daemon;
    },
    get supervisor() {
      return supervisor();
    },
    get client() {
      return waiting?.process.pid ?? 0;
    },
    get waiting() {
      return waiting;
    },
    run(...options) {
      waiting = home.start(["run", ...options, "--", ...argv]);
    },
    starts,
    openGate: () => writeFileSync(gate, ""),
    untilStarted: () => until(() => starts() > 0),
    untilRunning: () => until(async () => (await runsOf(home)).some(({ status }) => status === "running")),
    arm: trouble.arm,
    disarm: trouble.disarm,
    get isSprung() {
      return trouble.isSprung;
    },
    setClock: trouble.setClock,
    get everybody() {
      return [waiting?.process.pid ?? 0, daemon, supervisor()];
    },
    get commandPid() {
      return pids()[0] ?? 0;
    },
    defer: (undo) => void undoing.push(undo),
    async [Symbol.asyncDispose]() {
      for (const undo of undoing.toReversed()) undo();
      // A suspended process answers no `daemon stop`.
      for (const pid of home.processes()) signal(pid, "SIGCONT");
      await home[Symbol.asyncDispose]();
    },
  };
}

export type RecordedRun = Record<string, unknown> & { readonly run_id: string; readonly status: string };

export async function runsOf(home: Home): Promise<readonly RecordedRun[]> {
  return (await home.json(["runs"])).runs as RecordedRun[];
}

function endpoints(home: Home): number[] {
  const directory = join(home.stateDir, "supervisors");
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(".json") && !name.startsWith("."))
    .flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(join(directory, name), "utf8")) as { process: { pid: number } }];
      } catch {
        // One that ends takes its file with it.
        return [];
      }
    })
    .map((endpoint) => endpoint.process.pid);
}

/** The letter by which the kernel tells what a process does; undefined when it is gone. */
function stateOf(pid: number): string | undefined {
  try {
    return /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

export const untilSuspended = (pid: () => number): Promise<void> => until(() => stateOf(pid()) === "T");
export const untilGone = (pid: number): Promise<void> => until(() => [undefined, "Z"].includes(stateOf(pid)));

export function signal(pid: number, name: NodeJS.Signals): void {
  // 0 and negative numbers would mean process groups.
  if (pid <= 0) throw new Error("there is no such process");
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}
