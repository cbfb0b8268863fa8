import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Inheritance } from "./child-environment.ts";

/**
 * Environments of runs that wait in the queue. Values must not reach the registry, yet a queue survives a restart: they stand in 0600 files in the
 * runtime directory, which the system clears at logout or boot (so nothing is flushed), and are removed when the run starts or is cancelled.
 */
export interface QueuedEnvironments {
  keep(run: string, inheritance: Inheritance): void;
  /** Undefined when it was cleared: the run cannot be started as it was asked for. */
  find(run: string): Inheritance | undefined;
  forget(run: string): void;
}

export function createQueuedEnvironments(runtimeDir: () => string): QueuedEnvironments {
  const pathOf = (run: string): string => join(runtimeDir(), `environment-${run}.json`);
  /** Runs that may have a file. */
  const kept = new Set<string>();
  return {
    keep(run, inheritance) {
      kept.add(run);
      writeFileSync(pathOf(run), JSON.stringify(inheritance), { mode: 0o600, flag: "wx" });
    },
    find(run) {
      kept.add(run);
      try {
        return JSON.parse(readFileSync(pathOf(run), "utf8")) as Inheritance;
      } catch {
        return undefined;
      }
    },
    forget(run) {
      if (kept.delete(run)) rmSync(pathOf(run), { force: true });
    },
  };
}
