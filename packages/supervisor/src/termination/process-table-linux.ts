import { readdirSync, readFileSync } from "node:fs";
import { errorCode, type LinuxProcessStat, readLinuxStat } from "@orchastration/protocol/node";
import { ROLE_MARKER, SESSION_MARKER } from "@orchastration/protocol/supervisor";
import type { ProcessRow } from "./process-family.ts";

export interface LinuxProcessTable {
  readonly rows: readonly ProcessRow[];
  /** See {@link TreeScan.unsettled}. */
  readonly unsettled: ReadonlySet<string>;
}

/** Kernel threads descend from this one, have no environment, and are nobody's. */
const KTHREADD_PID = 2;

/** Pids are given in order: so many around the one given last are tried before the listing, which takes longer than some processes live. */
const TRIED_BEHIND = 64;
const TRIED_AHEAD = 4;
/** More than this are not given while a table is listed. */
const RECENT = 4096;

/**
 * Reads the living processes that began at `oldest` (clock ticks since boot) or later; earlier ones cannot have come from a session of that age, and
 * passing them over keeps this at a few milliseconds on a busy machine. The newest come first and each is shown to `onRow` at once: a process that
 * lives a millisecond and starts the next one can only be met at the front.
 */
export function readProcessTable(oldest: number, onRow: (row: ProcessRow) => void): LinuxProcessTable {
  const rows = new Map<number, ProcessRow>();
  const unsettled = new Set<string>();

  function read(pid: number, stat: LinuxProcessStat): void {
    if (Number(stat.startTime) < oldest || isKernelThread(pid, stat)) return;
    if (isZombie(stat)) {
      // A child of ours is only waiting to be asked for its exit.
      if (stat.parentPid !== process.pid) unsettled.add(`${pid} ${stat.startTime}`);
      return;
    }
    const marks = readMarks(pid);
    // Without an environment, or not yet: when it is still so at the next look, it has none.
    if (marks === "empty") unsettled.add(`${pid} ${stat.startTime}`);
    // Other than at any other look, however long the system lets it wait in the middle.
    if (marks === "replacing") unsettled.add(`${pid} at ${performance.now()}`);
    const row = toRow(pid, stat, typeof marks === "string" ? UNMARKED : marks);
    rows.set(pid, row);
    onRow(row);
  }

  const newest = newestPid();
  for (let pid = newest + TRIED_AHEAD; pid > Math.max(0, newest - TRIED_BEHIND); pid--) {
    const stat = readLinuxStat(pid);
    if (stat !== undefined) read(pid, stat);
  }
  // Numbers far above the newest are older: counting began anew since.
  const age = (pid: number): number => (pid <= newest + RECENT ? newest - pid : Number.MAX_SAFE_INTEGER - pid);
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  for (const pid of pids.sort((a, b) => age(a) - age(b))) {
    if (rows.has(pid)) continue;
    const stat = readLinuxStat(pid);
    if (stat === undefined) unsettled.add(String(pid));
    else read(pid, stat);
  }
  return { rows: [...rows.values()], unsettled };
}

/** The pid that was given last: the final field of /proc/loadavg. */
function newestPid(): number {
  return Number(readFileSync("/proc/loadavg", "latin1").trimEnd().split(" ").at(-1));
}

function isZombie(stat: LinuxProcessStat): boolean {
  return stat.state === "Z" || stat.state === "X";
}

function isKernelThread(pid: number, stat: LinuxProcessStat): boolean {
  return pid === KTHREADD_PID || stat.parentPid === KTHREADD_PID;
}

type Marks = Pick<ProcessRow, "marker" | "hasRole">;

function toRow(pid: number, stat: LinuxProcessStat, marks: Marks): ProcessRow {
  return {
    pid,
    parentPid: stat.parentPid,
    groupId: stat.groupId,
    sessionId: stat.sessionId,
    startTime: stat.startTime,
    startOrder: Number(stat.startTime),
    isStopped: stat.state === "T" || stat.state === "t",
    ...marks,
  };
}

const MARKER = Buffer.from(`\0${SESSION_MARKER}=`);
const ROLE = Buffer.from(`\0${ROLE_MARKER}=`);
const UNMARKED: Marks = { marker: null, hasRole: false };

/** Replacing: while a process puts another program in its place it shows neither arguments nor environment. */
function readMarks(pid: number): Marks | "empty" | "replacing" {
  try {
    const isReplacing = readFileSync(`/proc/${pid}/cmdline`).length === 0;
    const variables = readFileSync(`/proc/${pid}/environ`);
    if (variables.length === 0) return isReplacing ? "replacing" : "empty";
    // The first variable has no NUL before it.
    const environment = Buffer.concat([Buffer.of(0), variables]);
    const start = environment.indexOf(MARKER);
    const end = environment.indexOf(0, start + MARKER.length);
    return {
      marker: start < 0 ? null : environment.toString("utf8", start + MARKER.length, end < 0 ? undefined : end),
      hasRole: environment.includes(ROLE),
    };
  } catch (error) {
    const code = errorCode(error);
    // Of another user: it can still belong to a session by its parent or group.
    if (code === "EACCES" || code === "EPERM") return UNMARKED;
    if (code === "ENOENT" || code === "ESRCH") return "replacing";
    throw error;
  }
}
