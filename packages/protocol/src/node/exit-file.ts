import { readFileSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { ExitedSession } from "../supervisor/methods.ts";
import { writeFileAtomically, writeFileUnflushed } from "./atomic-file.ts";
import { isProcessIdentity } from "./endpoint.ts";
import { errorCode } from "./error-code.ts";

/** The exit of a session on disk, from before it is reported until it is acknowledged: so it outlives supervisor and daemon. */
export function exitFilePath(directory: string): string {
  return join(directory, "exit.json");
}

/** @param isFlushed false: it outlives every process, but not a loss of power */
export async function writeExitFile(directory: string, exited: ExitedSession, isFlushed = true): Promise<void> {
  const path = exitFilePath(directory);
  const text = `${JSON.stringify(exited)}\n`;
  if (isFlushed) await writeFileAtomically(path, text);
  else writeFileUnflushed(path, text);
}

export function removeExitFile(directory: string): void {
  try {
    unlinkSync(exitFilePath(directory));
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

/** Undefined when there is none, or one that is not of our making. Other failures to read are thrown: unknown is not absent. */
export function readExitFile(directory: string): ExitedSession | undefined {
  const path = exitFilePath(directory);
  // The usual case, asked at every start: an error would take longer than the rest of it.
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isExitedSession(value) ? value : undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Written by us, whole or not at all: this tells our own file from another one, and is no full validation. */
function isExitedSession(value: unknown): value is ExitedSession {
  return (
    typeof value === "object" &&
    value !== null &&
    "status" in value &&
    value.status === "exited" &&
    "session" in value &&
    typeof value.session === "string" &&
    "process" in value &&
    isProcessIdentity(value.process) &&
    "exit" in value &&
    typeof value.exit === "object"
  );
}
