import { readdirSync, readFileSync } from "node:fs";
import type { ProcessIdentity } from "@orchastration/protocol/contract";
import { errorCode } from "@orchastration/protocol/node";

/** Linux tells processor time to programs in hundredths of a second, whatever the kernel counts in. */
const TICK_MS = 10;
/** A tree beyond this is counted as far as it goes: some 20 microseconds for each process. */
const MOST_PROCESSES = 512;

interface Usage {
  readonly startTime: string;
  /** Own time, and that of the children that ended and were asked for their exit. */
  readonly ticks: number;
}

/** Reads the processes of the tree and no others: it costs what the tree is large, not what the machine is busy. */
export function linuxProcessorTime(leader: ProcessIdentity): number | null {
  const own = readUsage(leader.pid);
  if (own === undefined || own.startTime !== leader.startTime) return null;
  let ticks = own.ticks;
  const pids = [...childrenOf(leader.pid)];
  for (let count = 1; count < MOST_PROCESSES; count += 1) {
    const pid = pids.pop();
    if (pid === undefined) break;
    ticks += readUsage(pid)?.ticks ?? 0;
    pids.push(...childrenOf(pid));
  }
  return ticks * TICK_MS;
}

/** Fields 14 to 17 and 22 of proc_pid_stat(5), counted behind the command name, which may contain spaces and parentheses. */
export function parseUsage(text: string): Usage | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  const startTime = fields[19];
  return startTime === undefined || Number.isNaN(ticks) ? undefined : { startTime, ticks };
}

function readUsage(pid: number): Usage | undefined {
  const text = unlessGone(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  return text === undefined ? undefined : parseUsage(text);
}

/** Each thread knows the children it started itself. */
function childrenOf(pid: number): readonly number[] {
  const threads = unlessGone(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return threads.flatMap((thread) => {
    const text = unlessGone(() => readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1")) ?? "";
    return text
      .split(" ")
      .filter((word) => word !== "")
      .map(Number);
  });
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = errorCode(error);
    // A kernel without lists of children has no such file; then the leader speaks for those of its children that have ended.
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return undefined;
    throw error;
  }
}
