import { closeSync, fstatSync, writeSync } from "node:fs";

/** A pipe the launcher may give: it reads one line from it, `ready` or `error <message>`, to its end. */
const DESCRIPTOR = 3;

export interface Launcher {
  tell(line: string): void;
}

/** Without such a pipe the descriptor is one of Node's own, and none of those is a socket or a pipe at this number. */
export function launcherOfThisProcess(): Launcher {
  const isGiven = isPipe();
  return {
    tell(line) {
      if (!isGiven) return;
      try {
        writeSync(DESCRIPTOR, `${line.replaceAll("\n", " ")}\n`);
      } catch {
        // The launcher is gone; the supervisor serves whoever comes next.
      }
      closeSync(DESCRIPTOR);
    },
  };
}

function isPipe(): boolean {
  try {
    const stats = fstatSync(DESCRIPTOR);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    return false;
  }
}
