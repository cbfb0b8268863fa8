import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SESSION_MARKER } from "@orchastration/protocol/supervisor";
import { comparableEnvironment, type Inheritance } from "./child-environment.ts";

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
  /** The newest file. Whoever asks for many runs asks for all with one environment: another name of a file costs a tenth of another file. */
  let newest: { readonly path: string; readonly text: string } | undefined;

  return {
    keep(run, inheritance) {
      const path = pathOf(run);
      const text = JSON.stringify({ ...inheritance, env: comparableEnvironment(inheritance.env) });
      kept.add(run);
      if (newest?.text !== text || !isNamedAlso(newest.path, path)) {
        writeFileSync(path, text, { mode: 0o600, flag: "wx" });
      }
      newest = { path, text };
    },
    find(run) {
      kept.add(run);
      try {
        const inheritance = JSON.parse(readFileSync(pathOf(run), "utf8")) as Inheritance;
        return { ...inheritance, env: { ...inheritance.env, [SESSION_MARKER]: run } };
      } catch {
        return undefined;
      }
    },
    forget(run) {
      if (kept.delete(run)) rmSync(pathOf(run), { force: true });
      if (kept.size === 0) newest = undefined;
    },
  };
}

/** False where the file is gone, or the file system knows no second names. */
function isNamedAlso(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch {
    return false;
  }
}
