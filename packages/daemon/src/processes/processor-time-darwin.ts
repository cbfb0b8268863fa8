import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ReadProcessorTime } from "./processor-time.ts";

const run = promisify(execFile);
const OPTIONS = { env: { LC_ALL: "C" }, maxBuffer: 16 * 1024 * 1024 };

interface Row {
  readonly pid: number;
  readonly parentPid: number;
  readonly usedMs: number;
}

/** One listing answers everybody who asks while it is made. */
export function darwinProcessorTimes(): ReadProcessorTime {
  let listing: Promise<readonly Row[]> | undefined;
  return async ({ pid }) => {
    listing ??= run("/bin/ps", ["-axo", "pid=,ppid=,time="], OPTIONS)
      .then(({ stdout }) => parseTimes(stdout))
      .finally(() => {
        listing = undefined;
      });
    try {
      return treeTime(await listing, pid);
    } catch {
      return null;
    }
  };
}

/** Null when the process is not among them. */
export function treeTime(rows: readonly Row[], leaderPid: number): number | null {
  const leader = rows.find(({ pid }) => pid === leaderPid);
  if (leader === undefined) return null;
  const children = Map.groupBy(rows, ({ parentPid }) => parentPid);
  const seen = new Set([leader]);
  for (const { pid } of seen) for (const child of children.get(pid) ?? []) seen.add(child);
  return [...seen].reduce((sum, { usedMs }) => sum + usedMs, 0);
}

/** Lines `pid ppid [[days-]hours:]minutes:seconds.hundredths`. */
export function parseTimes(text: string): readonly Row[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)\s*$/.exec(line);
    if (match === null) return [];
    const [, pid, parentPid, days = 0, hours = 0, minutes = 0, seconds = 0] = match;
    const usedSeconds = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
    return { pid: Number(pid), parentPid: Number(parentPid), usedMs: Math.round(usedSeconds * 1_000) };
  });
}
