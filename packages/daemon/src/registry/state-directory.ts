import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { namesIn } from "@orchastration/protocol/node";
import { StateCorruptError } from "./state-corrupt-error.ts";

/** Folders of the state directory that hold something only when there was a registry that knows of it. */
const FOLDERS_OF_A_USED_STATE = [
  "runs",
  "repos",
  "sessions",
  "supervisors",
  "tasks",
  "orchestrations",
  "backups",
  "audit",
];

export function registryPath(stateDir: string): string {
  return join(stateDir, "registry.db");
}

export function backupDir(stateDir: string): string {
  return join(stateDir, "backups");
}

/**
 * A registry may be created only where there never was one.
 * @throws StateCorruptError when the traces of an earlier one are there
 */
export function refuseTraces(stateDir: string, found: "missing" | "empty"): void {
  const path = registryPath(stateDir);
  const traces = FOLDERS_OF_A_USED_STATE.filter((folder) => namesIn(join(stateDir, folder)).length > 0);
  if (found === "missing" || statSync(path).size === 0) traces.push(...leftWriteAheadLog(path));
  if (traces.length === 0) return;
  throw new StateCorruptError(
    `${path} is ${found}, but beside it there is ${traces.join(", ")}: there was a registry`,
    backupAdvice(stateDir),
  );
}

function leftWriteAheadLog(path: string): readonly string[] {
  const companion = `${path}-wal`;
  return existsSync(companion) && statSync(companion).size > 0 ? [basename(companion)] : [];
}

/** What can be done about a registry that cannot be used. */
export function backupAdvice(stateDir: string): string {
  const backups = namesIn(backupDir(stateDir)).filter((name) => name.endsWith(".db"));
  const newest = backups
    .toSorted((a, b) => a.slice(a.lastIndexOf("-")).localeCompare(b.slice(b.lastIndexOf("-"))))
    .at(-1);
  const away = `move registry.db and the registry.db-* files beside it out of ${stateDir}`;
  if (newest === undefined) return `to begin a new registry, ${away}`;
  return `to go on from the newest backup, ${away} and put a copy of backups/${newest} in their place`;
}
