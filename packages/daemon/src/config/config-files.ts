import { type BigIntStats, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { devNull } from "node:os";
import { errorCode } from "@orchastration/protocol/node";
import { fileStamp, isStampSettled } from "../domain/file-stamp.ts";
import { type FileRole, type InvalidFile, interpretFile, type ValidFile } from "./interpret-file.ts";
import { toProblem } from "./problem.ts";

/** Far beyond any file written by hand: parsing it still takes the daemon well under a second. */
const mostBytes = 256 * 1024;

/** A client may name any number of files; one that is forgotten is read again. */
const mostRemembered = 256;

export type FileReading = ValidFile | InvalidFile | { readonly state: "missing" };

/** Configuration files, parsed once for each content. */
export interface ConfigFiles {
  read(file: string, role: FileRole): Promise<FileReading>;
  /** What the file said when it was last valid; undefined when it never was. */
  findLastGood(file: string, role: FileRole): ValidFile | undefined;
}

interface Remembered {
  readonly stamp: string;
  readonly isStampSettled: boolean;
  readonly reading: ValidFile | InvalidFile;
  readonly lastGood: ValidFile | undefined;
}

/** @param now milliseconds since 1970 */
export function createConfigFiles(now: () => number = Date.now): ConfigFiles {
  const remembered = new Map<string, Remembered>();

  const remember = (key: string, entry: Remembered) => {
    remembered.delete(key);
    remembered.set(key, entry);
    const [oldest] = remembered.keys();
    if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest);
  };

  return {
    async read(file, role) {
      const stats = statNow(file);
      if (stats === "ENOENT") return { state: "missing" };
      if (typeof stats === "string") return unreadable(file, reasonFor(stats));
      const key = keyOf(file, role);
      const known = remembered.get(key);
      const stamp = fileStamp(stats);
      if (known?.isStampSettled && known.stamp === stamp) return known.reading;

      const isSettled = isStampSettled(stats, now());
      const content = await readContent(file, stats);
      if (typeof content === "string") return unreadable(file, content);
      const reading = interpretFile(file, role, content);
      const lastGood = reading.state === "valid" ? reading : known?.lastGood;
      remember(key, { stamp, isStampSettled: isSettled, reading, lastGood });
      return reading;
    },
    findLastGood: (file, role) => remembered.get(keyOf(file, role))?.lastGood,
  };
}

/** Every request looks at its files, and this is all that most of them do: a few microseconds, and a turn in the thread pool many times that. */
function statNow(file: string): BigIntStats | string {
  try {
    return statSync(file, { bigint: true });
  } catch (error) {
    return codeOf(error);
  }
}

/** The bytes, or the reason why there are none. */
async function readContent(file: string, stats: BigIntStats): Promise<Uint8Array | string> {
  if (file === devNull) return new Uint8Array();
  if (stats.isDirectory()) return "it is a directory";
  // Opening a fifo would wait for its writer.
  if (!stats.isFile()) return "it is no regular file";
  if (stats.size > mostBytes) return `it is larger than ${mostBytes / 1024} KiB`;
  return readFile(file).catch((error: unknown) => reasonFor(codeOf(error)));
}

function unreadable(file: string, reason: string): InvalidFile {
  const message = `the configuration file cannot be read: ${reason}`;
  return {
    state: "invalid",
    problems: [toProblem({ path: [], message, expected: "a file you may read" }, file, null)],
  };
}

function reasonFor(code: string): string {
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ENOTDIR") return "a part of its path is no directory";
  return code;
}

function codeOf(error: unknown): string {
  const code = errorCode(error);
  if (code === undefined) throw error;
  return code;
}

function keyOf(file: string, role: FileRole): string {
  return `${role}:${file}`;
}
