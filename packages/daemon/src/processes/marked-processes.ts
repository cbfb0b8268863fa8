import { readdirSync, readFileSync } from "node:fs";
import { ROLE_MARKER, SESSION_MARKER } from "@orchastration/protocol/supervisor";

export interface MarkedProcess {
  readonly pid: number;
  /** The session it was started in. */
  readonly session: string;
}

/** Every living process of this user that a session's command started, by the marker in its environment. None where the system does not show that. */
export function findMarkedProcesses(): readonly MarkedProcess[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const variables = readVariables(pid);
      const marker = variables.find((variable) => variable.startsWith(`${SESSION_MARKER}=`));
      // A daemon or supervisor that was started in a session is none of its processes.
      if (marker === undefined || variables.some((variable) => variable.startsWith(`${ROLE_MARKER}=`))) return [];
      return [{ pid: Number(pid), session: marker.slice(SESSION_MARKER.length + 1) }];
    });
}

/** None of a process that is gone, or somebody else's. */
function readVariables(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return [];
  }
}
