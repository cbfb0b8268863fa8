import { execFileSync } from "node:child_process";
import { readLinuxStat } from "@orchastration/protocol/node";

/** The process group that has the terminal of a session's leader; undefined when it has none, or has ended. */
export function foregroundGroup(leaderPid: number, platform: NodeJS.Platform = process.platform): number | undefined {
  const group = platform === "linux" ? readLinuxStat(leaderPid)?.foregroundGroupId : groupByPs(leaderPid, platform);
  return group !== undefined && group > 0 ? group : undefined;
}

/** Windows has no process groups. */
function groupByPs(pid: number, platform: NodeJS.Platform): number | undefined {
  if (platform === "win32") return undefined;
  try {
    const text = execFileSync("/bin/ps", ["-o", "tpgid=", "-p", String(pid)], { encoding: "utf8" });
    return Number(text.trim());
  } catch {
    // ps fails when there is no such process.
    return undefined;
  }
}
