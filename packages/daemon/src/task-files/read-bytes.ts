import { constants, type Stats } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "@orchastration/protocol/node";
import type { Mistake } from "./problem.ts";

/** A description of a task is a few kilobytes; what is larger was not written for us. */
const mostFileBytes = 1024 * 1024;

export type FileBytes =
  | { readonly kind: "read"; readonly bytes: Buffer; readonly stats: Stats }
  | { readonly kind: "refused"; readonly mistake: Mistake };

/** The content of a plain file. Links are not followed: a repository could lead us to read and rewrite files elsewhere. */
export async function readBytes(path: string): Promise<FileBytes> {
  try {
    const found = await lstat(path);
    if (!found.isFile()) return refused("not-a-file", `${nameKind(found)}, not a plain file`);
    if (await isThroughLink(path)) return refused("not-a-file", "reached through a symbolic link");
    return await readPlainFile(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return refused("absent", "not there");
    if (code === "ELOOP") return refused("not-a-file", "a symbolic link, not a plain file");
    return refused("unreadable", `cannot be read (${code ?? String(error)})`);
  }
}

/** The folder of tasks and the folder around it are the product's own, and real ones. */
export async function isThroughLink(path: string): Promise<boolean> {
  const folder = dirname(path);
  const folders = await Promise.all([lstat(folder), lstat(dirname(folder))]);
  return folders.some((stats) => stats.isSymbolicLink());
}

async function readPlainFile(path: string): Promise<FileBytes> {
  // A link or a pipe may have taken its place since. Windows has neither flag.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return refused("not-a-file", `${nameKind(stats)}, not a plain file`);
    const buffer = Buffer.alloc(mostFileBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > mostFileBytes) return refused("too-large", `larger than ${mostFileBytes / 1024 ** 2} MiB`);
    return { kind: "read", bytes: Buffer.from(buffer.subarray(0, length)), stats };
  } finally {
    await file.close();
  }
}

function nameKind(stats: Stats): string {
  if (stats.isDirectory()) return "a directory";
  return stats.isSymbolicLink() ? "a symbolic link" : "a device, pipe or socket";
}

function refused(kind: Mistake["kind"], message: string): FileBytes {
  return { kind: "refused", mistake: { kind, message } };
}
