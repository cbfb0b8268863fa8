import { readFileSync } from "node:fs";
import { errorCode } from "./error-code.ts";
import type { ProcessProbe } from "./process-identity.ts";

/** The part of /proc/<pid>/stat that tells where a process stands in its tree; see proc_pid_stat(5). */
export interface LinuxProcessStat {
  readonly state: string;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** The process group in the foreground of its terminal; -1 without a terminal. */
  readonly foregroundGroupId: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
}

/** Fields are counted behind the last parenthesis: the command name before it may contain spaces and parentheses. */
export function parseLinuxStat(text: string): LinuxProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, parentPid, groupId, sessionId, , foregroundGroupId] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined || !/^\d+$/.test(startTime)) return undefined;
  return {
    state,
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    sessionId: Number(sessionId),
    foregroundGroupId: Number(foregroundGroupId),
    startTime,
  };
}

export function readLinuxStat(pid: number): LinuxProcessStat | undefined {
  try {
    return parseLinuxStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch (error) {
    // ESRCH: it ended between open and read.
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ESRCH") return undefined;
    throw error;
  }
}

let bootId: string | undefined;

export const linuxProbe: ProcessProbe = {
  bootId() {
    bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return bootId;
  },
  find(pid) {
    const stat = readLinuxStat(pid);
    return stat && { startTime: stat.startTime, isZombie: stat.state === "Z" || stat.state === "X" };
  },
};
