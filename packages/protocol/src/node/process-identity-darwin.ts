import { execFileSync } from "node:child_process";
import type { ProcessProbe } from "./process-identity.ts";

/** One line of `ps -o stat=,lstart=`: `Ss   Mon Nov  2 09:41:00 2026`. */
export function parseDarwinProcess(line: string): { startTime: string; isZombie: boolean } | undefined {
  const match = /^\s*(\S+)\s+(\S.*\S)\s*$/.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { startTime: match[2].replaceAll(/\s+/g, " "), isZombie: match[1].startsWith("Z") };
}

/** Dates are printed in the locale and zone of the reader: both are fixed, so that a later reader sees the same text. */
const FIXED_LOCALE = { LC_ALL: "C", TZ: "UTC" };

let bootId: string | undefined;

export const darwinProbe: ProcessProbe = {
  bootId() {
    // Not kern.boottime: that one moves whenever the clock is set.
    bootId ??= execFileSync("/usr/sbin/sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8" }).trim();
    return bootId;
  },
  find(pid) {
    try {
      const line = execFileSync("/bin/ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
        encoding: "utf8",
        env: FIXED_LOCALE,
        stdio: ["ignore", "pipe", "ignore"],
      });
      return parseDarwinProcess(line);
    } catch (error) {
      // ps exits 1 when no process matches; a ps that cannot be run says nothing about the process.
      if (error instanceof Error && "status" in error && error.status === 1) return undefined;
      throw error;
    }
  },
};
