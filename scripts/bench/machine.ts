import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { connect, type DaemonClient } from "@orchastration/client";
import { isSameProcessAlive, listSupervisorEndpoints } from "@orchastration/protocol/node";
import { percentile, timed } from "./measure.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const commandLine = join(root, "packages/cli/bin/orchastration.cjs");

/** A home of the benchmark's own. Both sides run in its environment: NODE_EXTRA_CA_CERTS alone costs every Node 40 ms. */
export interface Place extends AsyncDisposable {
  readonly dir: string;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Fewer rounds of less work: for those who change something and want to know roughly. */
  readonly isQuick: boolean;
  /** Runs a program to its end; throws when it fails. Milliseconds. */
  time(file: string, args: readonly string[]): Promise<number>;
  orchastration(...args: string[]): Promise<number>;
  /** Writes the configuration and starts the daemon anew with it. */
  configure(toml: string): Promise<void>;
  /** Starts the daemon where none runs. */
  connect(): Promise<DaemonClient>;
  /** Ends something before the place goes away. */
  atEnd(end: () => void): void;
}

export function makePlace(isQuick: boolean): Place {
  const dir = mkdtempSync(join(tmpdir(), "orchastration-bench-"));
  mkdirSync(join(dir, "run"), { mode: 0o700 });
  mkdirSync(join(dir, ".config/orchastration"), { recursive: true });
  const env = {
    HOME: dir,
    XDG_RUNTIME_DIR: join(dir, "run"),
    PATH: process.env.PATH ?? "",
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
  };
  const ends: (() => void)[] = [];
  const stateDir = join(dir, ".cache/orchastration/state");
  const time = (file: string, args: readonly string[]): Promise<number> =>
    timed(async () => {
      const child = spawn(file, args, { cwd: dir, env, stdio: "ignore" });
      await once(child, "exit");
      if (child.exitCode !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${child.exitCode}`);
    });
  const orchastration = (...args: string[]): Promise<number> => time(process.execPath, [commandLine, ...args]);
  return {
    dir,
    stateDir,
    env,
    isQuick,
    time,
    orchastration,
    async configure(toml) {
      writeFileSync(join(dir, ".config/orchastration/config.toml"), toml);
      await orchastration("daemon", "restart");
    },
    async connect() {
      await orchastration("daemon", "start");
      return await connect({ stateDir, clientInfo: { name: "bench", version: "1" }, launch: false });
    },
    atEnd: (end) => void ends.push(end),
    async [Symbol.asyncDispose]() {
      for (const end of ends) end();
      await orchastration("daemon", "stop", "--all").catch(() => undefined);
      // They would wait for the next daemon, and then write into a directory that is gone.
      for (const pid of supervisorsOf({ stateDir })) process.kill(pid);
      for (let n = 0; n < 50 && supervisorsOf({ stateDir }).length > 0; n++) await delay(100);
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** Debian's name of each program we compare with. */
const packages = { tmux: "tmux", dtach: "dtach", tsp: "task-spooler", xargs: "findutils", openssl: "openssl" } as const;
export type Peer = keyof typeof packages;

function isInstalled(program: Peer): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;
}

/** Installs what is missing where that is possible: as root, on Debian. Without it the report names what is missing. */
export function installPeers(): void {
  const missing = Object.entries(packages).flatMap(([program, name]) => (isInstalled(program as Peer) ? [] : [name]));
  if (missing.length === 0) return;
  process.stderr.write(`installing ${missing.join(", ")} ...\n`);
  spawnSync("apt-get", ["install", "-y", "--no-install-recommends", ...missing], {
    stdio: "ignore",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}

export function whenInstalled<S>(program: Peer, name: string, side: () => S): S | { name: string; missing: string } {
  return isInstalled(program) ? side() : { name, missing: `not installed (Debian: ${packages[program]})` };
}

/** Resident memory of processes, kilobytes. */
export function residentKb(...pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + statusField(pid, "VmRSS"), 0);
}

function statusField(pid: number, field: string): number {
  const line = readFileSync(`/proc/${pid}/status`, "utf8").match(new RegExp(`^${field}:\\s+(\\d+)`, "m"));
  return Number(line?.[1] ?? Number.NaN);
}

/** Processor time used so far, milliseconds. The kernel counts in hundredths of a second. */
export function processorMs(...pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
    return sum + 10 * (Number(fields[11]) + Number(fields[12]));
  }, 0);
}

/** Pids of the supervisors of a place. */
export function supervisorsOf({ stateDir }: Pick<Place, "stateDir">): readonly number[] {
  return listSupervisorEndpoints(stateDir).flatMap(({ process }) => (isSameProcessAlive(process) ? [process.pid] : []));
}

export function describeMachine(): Readonly<Record<string, string>> {
  const [cpu] = cpus();
  return {
    processor: `${cpus().length} x ${cpu?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `${process.platform} ${release()} ${process.arch}`,
    "flush of 4 KiB to disk": `${flushMs().toFixed(2)} ms`,
    node: process.version,
    "better-sqlite3": packageVersion("better-sqlite3"),
    "node-pty": packageVersion("node-pty"),
    tmux: versionOf("tmux", "-V"),
    dtach: versionOf("dtach", "--version"),
    "task-spooler": versionOf("tsp", "-V"),
    openssl: versionOf("openssl", "version"),
  };
}

/** What group commit shares: on some disks it is most of a commit, on others next to nothing. */
function flushMs(): number {
  const directory = mkdtempSync(join(tmpdir(), "orchastration-flush-"));
  const file = openSync(join(directory, "file"), "w");
  const times = Array.from({ length: 50 }, () => {
    writeSync(file, Buffer.alloc(4_096));
    const begin = performance.now();
    fsyncSync(file);
    return performance.now() - begin;
  });
  closeSync(file);
  rmSync(directory, { recursive: true });
  return percentile(times, 50);
}

function packageVersion(name: string): string {
  return (JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as { version: string })
    .version;
}

function versionOf(program: string, flag: string): string {
  try {
    const text = execFileSync(program, [flag], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return text.match(/\d+\.\d+[\w.]*/)?.[0] ?? "unknown";
  } catch {
    return "not installed";
  }
}
