import { existsSync, statSync } from "node:fs";
import { type Database, type DatabaseOptions, openDatabase, sqliteCode } from "./database.ts";
import { writeFirstMeta } from "./meta.ts";
import { migrate, schemaVersion } from "./migrate.ts";
import { StateCorruptError } from "./state-corrupt-error.ts";
import { backupAdvice, backupDir, refuseTraces, registryPath } from "./state-directory.ts";
import { storageFailure } from "./storage-failure.ts";

/** Written into the file's header: "orch". Tells our file from anybody else's database. */
const APPLICATION_ID = 0x6f726368;

/** Up to this size (some 10,000 runs) every page is looked at before the daemon answers; it takes tens of milliseconds. */
const MOST_CHECKED_BYTES = 16 * 1024 * 1024;

export interface StateDatabaseOptions extends DatabaseOptions {
  readonly stateDir: string;
  readonly now: () => Date;
}

/**
 * The database of a state directory with its schema up to date; a new one in a fresh directory.
 * @throws StateCorruptError, StateTooNewError, OrchastrationError StateUnavailable
 */
export function openStateDatabase({ stateDir, now, ...options }: StateDatabaseOptions): Database {
  const path = registryPath(stateDir);
  // Before it is opened: SQLite removes the write-ahead log of an empty file, and with it perhaps all there is.
  if (!existsSync(path)) refuseTraces(stateDir, "missing");
  else if (statSync(path).size === 0) refuseTraces(stateDir, "empty");
  let database: Database | undefined;
  try {
    database = openDatabase(path, options);
    const place = { database, path, backupDir: backupDir(stateDir), now };
    if (isEmpty(database)) {
      refuseTraces(stateDir, "empty");
      create(database, () => migrate(place), now());
    } else {
      requireSound(database, path, stateDir);
      migrate(place);
    }
    return database;
  } catch (error) {
    database?.close();
    throw explain(error, path, stateDir);
  }
}

function create(database: Database, migrateAll: () => void, now: Date): void {
  const inOneTransaction = database.transaction(() => {
    database.pragma(`application_id = ${APPLICATION_ID}`);
    migrateAll();
    writeFirstMeta(database, now);
  });
  inOneTransaction.immediate();
}

function isEmpty(database: Database): boolean {
  return schemaVersion(database) === 0 && database.prepare("SELECT 1 FROM sqlite_schema").get() === undefined;
}

function requireSound(database: Database, path: string, stateDir: string): void {
  if (database.pragma("application_id", { simple: true }) !== APPLICATION_ID) {
    throw new StateCorruptError(`${path} is a database, but no registry of this program`, backupAdvice(stateDir));
  }
  if (statSync(path).size > MOST_CHECKED_BYTES) return;
  const finding = database.pragma("quick_check(1)", { simple: true });
  if (finding !== "ok") throw damaged(path, stateDir, String(finding));
}

function explain(error: unknown, path: string, stateDir: string): unknown {
  const code = sqliteCode(error) ?? "";
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return damaged(path, stateDir, String(error), error);
  return storageFailure(error, stateDir) ?? error;
}

function damaged(path: string, stateDir: string, finding: string, cause?: unknown): StateCorruptError {
  return new StateCorruptError(`${path} is damaged (${finding})`, backupAdvice(stateDir), { cause });
}
