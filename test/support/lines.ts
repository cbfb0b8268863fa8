import { readFileSync } from "node:fs";

/** The lines of a file that others append to: those that are complete. None when the file does not exist yet. */
export function linesOf(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").slice(0, -1);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
