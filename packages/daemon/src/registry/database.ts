import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { errorCode } from "@orchastration/protocol/node";
import SqliteDatabase from "better-sqlite3";

/** The only file that imports better-sqlite3. */
export type Database = SqliteDatabase.Database;

export interface DatabaseOptions {
  readonly synchronous: "FULL" | "NORMAL";
  /** How long a statement waits for another process that has the file locked. */
  readonly busyTimeoutMs: number;
}

/** Opens a database of ours, and creates it empty when there is none. Its companion files (`-wal`, `-shm`) get its mode from SQLite. */
export function openDatabase(path: string, { synchronous, busyTimeoutMs }: DatabaseOptions): Database {
  createPrivately(path);
  const database = new SqliteDatabase(path, { timeout: busyTimeoutMs });
  try {
    database.pragma("journal_mode = WAL");
    database.pragma(`synchronous = ${synchronous}`);
    database.pragma("foreign_keys = ON");
    database.pragma("trusted_schema = OFF");
    // A checkpoint blocks the event loop for as long as the disk takes: checkpoints.ts chooses the moment.
    database.pragma("wal_autocheckpoint = 0");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Writes a copy of the database as one file, durably: there is a whole copy at `path`, or none. */
export function copyDatabase(database: Database, path: string): void {
  const temporary = `${path}.tmp`;
  rmSync(temporary, { force: true });
  try {
    createPrivately(temporary);
    database.prepare<[string]>("VACUUM INTO ?").run(temporary);
    const file = openSync(temporary, "r+");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } finally {
    // Half a copy would keep the room for want of which it is half a copy.
    rmSync(temporary, { force: true });
  }
}

export interface FileLock {
  release(): void;
}

/**
 * Takes the lock on a file, or answers undefined when another process has it. The kernel drops the lock with the process, however that ends.
 * POSIX drops it as well when the process closes any other descriptor of the file: nobody may open it a second time.
 *
 * It is SQLite's lock of a writer (`BEGIN IMMEDIATE`), of which there is one: whoever asks while others ask either has it or is told that one of
 * them has. An exclusive transaction goes through a lock that readers share, and of many that ask at once all may be refused.
 */
export function lockFile(path: string): FileLock | undefined {
  createPrivately(path);
  const database = new SqliteDatabase(path, { timeout: 0 });
  try {
    // Nothing is ever written, not even a journal beside it: a full disk keeps nobody from having the lock.
    database.pragma("journal_mode = MEMORY");
    database.exec("BEGIN IMMEDIATE");
    return { release: () => void database.close() };
  } catch (error) {
    database.close();
    if (sqliteCode(error)?.startsWith("SQLITE_BUSY")) return undefined;
    throw error;
  }
}

/** SQLite's extended code of an error (`SQLITE_IOERR_WRITE`), or undefined when it is none of SQLite's. */
export function sqliteCode(error: unknown): string | undefined {
  return error instanceof SqliteDatabase.SqliteError ? error.code : undefined;
}

/**
 * Creates the file with mode 0600 unless it exists: SQLite would leave the mode to the process's umask. An existing one is not opened, since
 * closing it again would drop this process's locks on it.
 */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    chmodSync(path, 0o600);
  }
}
