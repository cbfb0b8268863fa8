import { lstat } from "node:fs/promises";
import { fileStamp, isStampSettled } from "../domain/file-stamp.ts";
import type { TaskFile } from "./read-task-file.ts";

export type TaskHeader = Pick<TaskFile, "header" | "problems">;

/** Of all repositories together; what is beyond is read again. */
const REMEMBERED = 5_000;

/** Reads headers, and answers from memory where the file is the one that was read: every command looks at every task of its repository. */
export function rememberHeaders(
  read: (path: string) => Promise<TaskFile>,
  nowMs: () => number,
): (path: string) => Promise<TaskHeader> {
  const remembered = new Map<string, { readonly stamp: string; readonly found: TaskHeader }>();
  return async (path) => {
    // Before the content: what is written in between has another stamp the next time.
    const stats = await lstat(path, { bigint: true }).catch(() => undefined);
    const stamp = stats?.isFile() === true ? fileStamp(stats) : undefined;
    const known = remembered.get(path);
    if (known !== undefined && known.stamp === stamp) return known.found;
    const { header, problems } = await read(path);
    const found = { header, problems };
    remembered.delete(path);
    if (stats === undefined || stamp === undefined || !isStampSettled(stats, nowMs())) return found;
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(path, { stamp, found });
    return found;
  };
}
