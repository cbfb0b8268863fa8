import type { ProcessIdentity } from "../contract/entities.ts";
import { darwinProbe } from "./process-identity-darwin.ts";
import { linuxProbe } from "./process-identity-linux.ts";
import { windowsProbe } from "./process-identity-windows.ts";

/** What one platform can say about a process. */
export interface ProcessProbe {
  /** Differs between two boots of the machine, equal within one. */
  bootId(): string;
  /** Undefined when there is no such process. A zombie is still there: its parent has not asked for its exit. */
  find(pid: number): { readonly startTime: string; readonly isZombie: boolean } | undefined;
}

function probeOf(platform: NodeJS.Platform): ProcessProbe {
  switch (platform) {
    case "darwin":
      return darwinProbe;
    case "win32":
      return windowsProbe;
    default:
      return linuxProbe;
  }
}

const probe = probeOf(process.platform);

/** Identity of the process that has this pid now, of a zombie too; undefined when there is none. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const found = isPid(pid) ? probe.find(pid) : undefined;
  return found === undefined ? undefined : { pid, startTime: found.startTime, bootId: probe.bootId() };
}

/** True when exactly that process still runs; a zombie does not. */
export function isSameProcessAlive(identity: ProcessIdentity): boolean {
  if (!isPid(identity.pid) || identity.bootId !== probe.bootId()) return false;
  const found = probe.find(identity.pid);
  return found !== undefined && !found.isZombie && found.startTime === identity.startTime;
}

export function ownIdentity(): ProcessIdentity {
  const identity = identifyProcess(process.pid);
  if (identity === undefined) throw new Error(`The system does not list this process (pid ${process.pid}).`);
  return identity;
}

export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startTime === b.startTime && a.bootId === b.bootId;
}

function isPid(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
