import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { errorCode } from "./error-code.ts";

/** A descriptor to read from; undefined when there is no such file. @throws the system's error for everything else, as all here */
export function openIfPresent(path: string): number | undefined {
  return unlessAbsent(() => openSync(path, "r"));
}

/** Up to `maxBytes` from `position` on; undefined when there is no such file. */
export function readIfPresent(path: string, position: number, maxBytes: number): Buffer | undefined {
  const descriptor = openIfPresent(path);
  if (descriptor === undefined) return undefined;
  try {
    const buffer = Buffer.allocUnsafe(maxBytes);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, maxBytes, position));
  } finally {
    closeSync(descriptor);
  }
}

/** The names in a directory, in no order; none when there is no such directory. */
export function namesIn(directory: string): readonly string[] {
  return unlessAbsent(() => readdirSync(directory)) ?? [];
}

function unlessAbsent<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
