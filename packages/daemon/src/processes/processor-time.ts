import type { ProcessIdentity } from "@orchastration/protocol/contract";
import { darwinProcessorTimes } from "./processor-time-darwin.ts";
import { linuxProcessorTime } from "./processor-time-linux.ts";

/** Milliseconds of processor time that a process and its descendants have used; null when that cannot be found out, or it has ended. */
export type ReadProcessorTime = (leader: ProcessIdentity) => Promise<number | null>;

export function processorTimeOn(platform: NodeJS.Platform): ReadProcessorTime {
  switch (platform) {
    case "linux":
      return async (leader) => linuxProcessorTime(leader);
    case "darwin":
      return darwinProcessorTimes();
    default:
      // Windows would have to be asked by a PowerShell, which takes more of a processor than what it looks for.
      return async () => null;
  }
}
