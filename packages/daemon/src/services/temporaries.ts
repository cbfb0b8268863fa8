import type { Dirent } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isTemporaryName } from "@orchastration/protocol/node";
import { hasEnded } from "../domain/run-machine.ts";
import type { Registry } from "../registry/registry.ts";
import { tasksFolder } from "./tasks/task-paths.ts";

/** No write takes so long. */
const LONGEST_WRITE_MS = 10 * 60 * 1000;

/** Files that were to take another's place when whoever wrote them was killed. Nothing reads them. */
export interface Temporaries {
  find(): Promise<readonly string[]>;
  /** Answers those it removed. */
  sweep(): Promise<readonly string[]>;
  /** The same if the daemon before this one did not end by itself. */
  sweepAfterCrash(): Promise<void>;
}

export interface TemporariesDependencies {
  readonly stateDir: string;
  readonly registry: Pick<Registry, "runs" | "tasks" | "events">;
  /** Since then nobody but this daemon writes, and the supervisors of what goes on. */
  readonly startedAt: Date;
  readonly now: () => Date;
}

export function createTemporaries({ stateDir, registry, startedAt, now }: TemporariesDependencies): Temporaries {
  const headSeq = registry.events.headSeq();
  const wasCrash = headSeq > 0 && registry.events.readAfter(headSeq - 1, 1)[0]?.name !== "daemon.stopped";

  const isLeft = async (path: string): Promise<boolean> => {
    const before = Math.max(startedAt.getTime(), now().getTime() - LONGEST_WRITE_MS);
    return await stat(path).then(
      ({ mtimeMs }) => mtimeMs < before,
      () => false,
    );
  };

  /** Supervisors write there, of which one may be suspended in the middle. */
  function isTheirs(path: string, name: string): boolean {
    if (path === stateDir) return name === "supervisors";
    if (path !== join(stateDir, "sessions")) return false;
    const run = registry.runs.find(name);
    return run === undefined || !hasEnded(run.state);
  }

  async function findBelow(path: string): Promise<string[]> {
    const entries = await readdir(path, { withFileTypes: true }).catch((): Dirent[] => []);
    const found: string[] = [];
    for (const entry of entries) {
      const place = join(path, entry.name);
      if (entry.isDirectory() && !isTheirs(path, entry.name)) found.push(...(await findBelow(place)));
      if (entry.isFile() && isTemporaryName(entry.name) && (await isLeft(place))) found.push(place);
    }
    return found;
  }

  async function find(): Promise<readonly string[]> {
    const repositories = new Set(registry.tasks.listAll().flatMap(({ repository }) => repository ?? []));
    const found: string[] = [];
    for (const place of [stateDir, ...[...repositories].map(tasksFolder)]) found.push(...(await findBelow(place)));
    return found;
  }

  async function sweep(): Promise<readonly string[]> {
    const found = await find();
    for (const path of found) await rm(path, { force: true });
    return found;
  }

  return {
    find,
    sweep,
    async sweepAfterCrash() {
      if (wasCrash) await sweep();
    },
  };
}
