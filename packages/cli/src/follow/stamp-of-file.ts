import type { BigIntStats } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Systems take the times of files from a clock that ticks this seldom or more often. */
const CLOCK_TICK_MS = 20;

/** Something that changes when a file is written, replaced or removed, what a link leads to, or anything in a directory; null when it is not there. */
export async function stampOfFile(path: string): Promise<string | null> {
  const stats = await lstat(path, { bigint: true }).catch(() => null);
  if (stats === null) return null;
  if (stats.isSymbolicLink()) {
    const target = await realpath(path).catch(() => null);
    return `${describe(stats)} ${target === null ? "" : await stampOfFile(target)}`;
  }
  if (!stats.isDirectory()) return describe(stats);
  const names = (await readdir(path, { recursive: true })).sort();
  const entries = names.map(async (name) => {
    const entry = await lstat(join(path, name), { bigint: true }).catch(() => null);
    return `${name} ${entry === null ? "" : describe(entry)}`;
  });
  return [describe(stats), ...(await Promise.all(entries))].join("\n");
}

/** From now on a file that is written gets another time than it has. */
export async function untilFileTimesDiffer(): Promise<void> {
  await sleep(CLOCK_TICK_MS);
}

function describe({ ino, size, ctimeNs }: BigIntStats): string {
  return `${ino} ${size} ${ctimeNs}`;
}
