import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ExitedSession } from "../supervisor/methods.ts";
import { writeFileAtomically } from "./atomic-file.ts";
import { isProcessIdentity } from "./endpoint.ts";
import { errorCode } from "./error-code.ts";

/** The exit of a session on disk, from before it is reported until it is acknowledged: so it outlives supervisor and daemon. */
export function exitFilePath(directory: string): string {
  return join(directory, "exit.json");
}

/** @param isFlushed false: it outlives every process, but not a loss of power */
export async function writeExitFile(directory: string, exited: ExitedSession, isFlushed = true): Promise<void> {
  await writeFileAtomically(exitFilePath(directory), `${JSON.stringify(exited)}\n`, {
    flush: isFlushed ? "everything" : "nothing",
  });
}

export async function removeExitFile(directory: string): Promise<void> {
  await rm(exitFilePath(directory), { force: true });
}

/** Undefined when there is none, or one that is not of our making. Other failures to read are thrown: unknown is not absent. */
export function readExitFile(directory: string): ExitedSession | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(exitFilePath(directory), "utf8"));
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
