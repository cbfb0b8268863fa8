import { chmodSync, existsSync, lstatSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DaemonUnreachableError } from "@orchastration/client";
import type { Finding } from "@orchastration/protocol/contract";
import { isSameProcessAlive, readDaemonEndpoint } from "@orchastration/protocol/node";
import type { Context } from "../context.ts";

type Place = Pick<Context, "place">;

/** What can be said about a state directory that no daemon serves. */
export function checkWithoutDaemon({ place: { stateDir } }: Place, error: DaemonUnreachableError): readonly Finding[] {
  return [
    { check: "daemon", status: "error", message: error.message, hint: error.hint },
    checkDirectory(stateDir),
    checkRegistryFile(join(stateDir, "registry.db")),
    checkEndpoint(stateDir),
  ];
}

/** Whoever may write to the state directory may replace everything in it: the daemon refuses to start there. A link is left as it is. */
export function repairWithoutDaemon({ place: { stateDir } }: Place): readonly string[] {
  if (!isOpenToOthers(stateDir)) return [];
  try {
    chmodSync(stateDir, 0o700);
    return [`${stateDir} is open to nobody else any more`];
  } catch {
    // It is somebody else's: the checks say so.
    return [];
  }
}

function checkDirectory(stateDir: string): Finding {
  const check = "state directory";
  const stats = lstatSync(stateDir, { throwIfNoEntry: false });
  if (stats === undefined) return { check, status: "warning", message: `${stateDir} does not exist yet`, hint: null };
  if (!statSync(stateDir).isDirectory()) {
    return { check, status: "error", message: `${stateDir} is no directory`, hint: "Move it away." };
  }
  if (!isOpenToOthers(stateDir))
    return { check, status: "ok", message: `${stateDir} is its owner's alone`, hint: null };
  const hint = "Run `orchastration doctor --repair`.";
  return { check, status: "error", message: `${stateDir} is open to other users`, hint };
}

function isOpenToOthers(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && process.platform !== "win32" && (stats.mode & 0o077) !== 0;
}

function checkRegistryFile(path: string): Finding {
  const check = "registry";
  if (!existsSync(path)) return { check, status: "warning", message: `${path} does not exist`, hint: null };
  const { size } = statSync(path);
  if (size > 0) return { check, status: "ok", message: `${path} has ${size} bytes`, hint: null };
  const hint = "The daemon's message says what can be done. Nothing is made anew silently.";
  return { check, status: "error", message: `${path} is empty`, hint };
}

function checkEndpoint(stateDir: string): Finding {
  const check = "endpoint";
  const reading = readDaemonEndpoint(stateDir);
  if (!reading.isPresent) return { check, status: "ok", message: reading.reason, hint: null };
  const { process, socket } = reading.endpoint;
  const message = `${socket} of process ${process.pid}`;
  if (isSameProcessAlive(process)) {
    return {
      check,
      status: "error",
      message: `${message}, which lives and does not answer`,
      hint: "Look at that process.",
    };
  }
  return { check, status: "ok", message: `${message}, which is gone: the next daemon takes its place`, hint: null };
}
