import { OrchastrationError } from "@orchastration/protocol";
import { sqliteCode } from "./database.ts";

/** What SQLite's codes of a failing disk mean to a person; a code also stands for its extended forms (`SQLITE_IOERR_WRITE`). */
const MEANINGS: readonly (readonly [code: string, meaning: string])[] = [
  ["SQLITE_FULL", "there is no room left"],
  ["SQLITE_READONLY", "it is read-only"],
  ["SQLITE_PERM", "permission is missing"],
  ["SQLITE_CANTOPEN", "a file in it cannot be opened"],
  ["SQLITE_IOERR", "the system failed to write to it"],
  ["SQLITE_BUSY", "another program holds registry.db"],
  ["SQLITE_NOMEM", "memory is exhausted"],
  ["SQLITE_CORRUPT", "registry.db is damaged"],
  ["SQLITE_NOTADB", "registry.db is damaged"],
];

const DAMAGED_HINT =
  "`orchastration doctor` says what is damaged; backups stand in the state directory under backups/.";

/** The error for people when storage failed; undefined when the error is something else. */
export function storageFailure(error: unknown, stateDir: string): OrchastrationError | undefined {
  const code = sqliteCode(error);
  const [, meaning] = MEANINGS.find(([known]) => code === known || code?.startsWith(`${known}_`)) ?? [];
  if (meaning === undefined) return undefined;
  return new OrchastrationError("StateUnavailable", `cannot write to the state directory ${stateDir}: ${meaning}`, {
    details: { stateDir, code },
    cause: error,
    ...(meaning.endsWith("damaged") ? { hint: DAMAGED_HINT } : {}),
  });
}
