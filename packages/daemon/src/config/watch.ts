import { type FSWatcher, realpathSync, statSync, watch } from "node:fs";
import { dirname } from "node:path";
import { fileStamp } from "../domain/file-stamp.ts";

/** Editors write, rename and touch in one go: one reload is enough. */
const settleMs = 100;

export interface ConfigWatch {
  close(): void;
}

export interface ConfigWatchDependencies {
  /** Calls `action` once after `delayMs`, unless the returned function is called before. */
  schedule(action: () => void, delayMs: number): () => void;
  /** A directory that cannot be watched (the system's watches are used up): changes in it go unnoticed. */
  onError(error: unknown): void;
}

/**
 * Calls `onChange` after the file was written, replaced, made or removed. Directories are watched, since a watch of the file
 * would stay with the old one when an editor renames a new one over it: the file's own, or, until that exists, the nearest
 * that does; and where the file is a link, the directory of what it leads to. The watches keep no process alive.
 */
export function watchConfig(
  file: string,
  onChange: () => void,
  { schedule, onError }: ConfigWatchDependencies,
): ConfigWatch {
  const watchers = new Map<string, FSWatcher>();
  let stamp = stampOf(file);
  let isClosed = false;
  let cancel = () => {};

  const drop = (identity: string) => {
    watchers.get(identity)?.close();
    watchers.delete(identity);
  };

  const addWatch = (identity: string, directory: string): boolean => {
    try {
      const watcher = watch(directory, { persistent: false }, look);
      watchers.set(identity, watcher);
      watcher.on("error", (error) => {
        drop(identity);
        onError(error);
      });
      return true;
    } catch (error) {
      onError(error);
      return false;
    }
  };

  /** True when something new is watched: what happened just before may have made another directory the right one. */
  const follow = (): boolean => {
    const wanted = listDirectories(file);
    for (const identity of watchers.keys()) if (!wanted.has(identity)) drop(identity);
    const missing = [...wanted].filter(([identity]) => !watchers.has(identity));
    return missing.map(([identity, directory]) => addWatch(identity, directory)).includes(true);
  };

  function look(): void {
    if (isClosed) return;
    while (follow());
    const newStamp = stampOf(file);
    if (newStamp === stamp) return;
    stamp = newStamp;
    cancel();
    cancel = schedule(onChange, settleMs);
  }

  look();
  return {
    close() {
      isClosed = true;
      cancel();
      for (const identity of watchers.keys()) drop(identity);
    },
  };
}

/** By device and inode: a directory that was moved away and made anew is another one. */
function listDirectories(file: string): Map<string, string> {
  const directories = new Map<string, string>();
  for (const path of [file, findTarget(file)]) {
    if (path === undefined) continue;
    let directory = dirname(path);
    let stats = findStats(directory);
    while (!stats?.isDirectory() && dirname(directory) !== directory) {
      directory = dirname(directory);
      stats = findStats(directory);
    }
    if (stats !== undefined) directories.set(`${stats.dev}:${stats.ino}`, directory);
  }
  return directories;
}

function findTarget(link: string): string | undefined {
  try {
    return realpathSync(link);
  } catch {
    return undefined;
  }
}

function stampOf(file: string): string {
  const stats = findStats(file);
  return stats === undefined ? "absent" : fileStamp(stats);
}

function findStats(path: string) {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
