import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { errorCode } from "./error-code.ts";

/** The path without symbolic links, also when the end of it does not exist yet. */
export function canonicalPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch (error) {
    const parent = dirname(absolute);
    if (errorCode(error) !== "ENOENT" || parent === absolute) throw error;
    return join(canonicalPath(parent), basename(absolute));
  }
}
