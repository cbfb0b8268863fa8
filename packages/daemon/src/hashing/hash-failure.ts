import type { Stats } from "node:fs";
import type { HashFailure } from "./hash-outcome.ts";

/** The failure of hashing anything but a regular file: a fifo or a terminal has no end, a device no fixed content. */
export function findTypeFailure(file: string, stats: Stats): HashFailure | undefined {
  if (stats.isFile()) return undefined;
  return failure("NotAFile", file, `it is ${describeType(stats)}, not a regular file. Name regular files only.`);
}

export function describeShortFile(file: string, wantedBytes: number, presentBytes: number): HashFailure {
  return failure(
    "ReadFailed",
    file,
    `its first ${wantedBytes} bytes were asked for and it has ${presentBytes}. Check whether it was truncated or replaced.`,
  );
}

/** Anything the system did not report is a defect of ours and thrown on. */
export function describeSystemError(file: string, error: unknown): HashFailure {
  if (!(error instanceof Error && "code" in error)) throw error;
  switch (error.code) {
    case "ENOENT":
    case "ENOTDIR":
      return failure(
        "FileNotFound",
        file,
        "there is no such file. Check the path, and where it leads if it is a link.",
      );
    case "EACCES":
    case "EPERM":
      return failure("NotReadable", file, "permission denied. Allow reading the file and entering its directories.");
    default:
      return failure("ReadFailed", file, `reading failed (${error.message}). Check the file system it lies on.`);
  }
}

function failure(kind: HashFailure["kind"], file: string, reason: string): HashFailure {
  // Quoted as JSON: a file name may carry newlines and terminal sequences.
  return { kind, message: `Cannot hash ${JSON.stringify(file)}: ${reason}` };
}

function describeType(stats: Stats): string {
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a fifo";
  if (stats.isSocket()) return "a socket";
  if (stats.isCharacterDevice()) return "a character device";
  if (stats.isBlockDevice()) return "a block device";
  return "a special file";
}
