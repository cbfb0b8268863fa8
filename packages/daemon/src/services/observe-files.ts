import { createHash } from "node:crypto";
import type { Dirent, Stats } from "node:fs";
import { readdir, readlink, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import type { ObservedFile } from "@orchastration/protocol/contract";
import type { HashService } from "../hashing/hash-service.ts";

/** What declared files and directories are at this moment; relative paths count from the directory. One answer per path, in their order. */
export type ObserveFiles = (directory: string, paths: readonly string[]) => Promise<ObservedFile[]>;

type Absent = Pick<ObservedFile, "bytes" | "sha256">;
const ABSENT: Absent = { bytes: null, sha256: null };

export function createObserveFiles(hashing: Pick<HashService, "hashFiles">): ObserveFiles {
  async function observe(path: string): Promise<Absent> {
    try {
      const stats = await stat(path);
      return stats.isDirectory() ? await observeDirectory(path) : await observeFile(path, stats);
    } catch {
      return ABSENT;
    }
  }

  async function observeFile(path: string, stats: Stats): Promise<Absent> {
    // Reading a pipe or a device would not end.
    if (!stats.isFile()) return ABSENT;
    const [outcome] = await hashing.hashFiles([path], "sha256");
    return outcome !== undefined && "hash" in outcome ? { bytes: stats.size, sha256: outcome.hash } : ABSENT;
  }

  /** A symbolic link inside counts as the text it holds: what lies behind it may be outside. */
  async function observeDirectory(root: string): Promise<Absent> {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const pathOf = (entry: Dirent): string => join(entry.parentPath, entry.name);
    const files = entries.filter((entry) => entry.isFile()).map(pathOf);
    const outcomes = await hashing.hashFiles(files, "sha256");
    let bytes = 0;
    const lines: string[] = [];
    for (const [index, file] of files.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined || !("hash" in outcome)) return ABSENT;
      bytes += (await stat(file)).size;
      lines.push(lineOf(outcome.hash, root, file));
    }
    for (const entry of entries.filter((candidate) => candidate.isSymbolicLink())) {
      lines.push(lineOf(sha256(await readlink(pathOf(entry))), root, pathOf(entry)));
    }
    return { bytes, sha256: sha256(lines.toSorted(byBytes).join("")) };
  }

  return async (directory, paths) => {
    const observed: ObservedFile[] = [];
    for (const path of paths) observed.push({ path, ...(await observe(resolve(directory, path))) });
    return observed;
  };
}

function lineOf(hash: string, root: string, path: string): string {
  return `${hash}  ${path.slice(root.length + 1).replaceAll(sep, "/")}\n`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** By path, as the digest comes first. */
function byBytes(a: string, b: string): number {
  return a.slice(64) < b.slice(64) ? -1 : 1;
}
