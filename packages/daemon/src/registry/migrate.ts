import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { copyDatabase, type Database } from "./database.ts";
import { MIGRATIONS, type Migration } from "./migrations/index.ts";
import { StateTooNewError } from "./state-corrupt-error.ts";

/** How many copies from before a migration are kept. */
const KEPT_BACKUPS = 3;
const BACKUP = /^registry-v\d+-\d{8}T\d{9}Z\.db$/;

export interface MigrationPlace {
  readonly database: Database;
  readonly path: string;
  readonly backupDir: string;
  readonly now: () => Date;
}

/**
 * Brings the schema up to date, one transaction per step: an interrupted step leaves the version before it. A file that holds anything is copied first.
 * @throws StateTooNewError
 */
export function migrate(place: MigrationPlace, migrations: readonly Migration[] = MIGRATIONS): void {
  const { database, path } = place;
  const found = schemaVersion(database);
  const known = migrations.length;
  if (found > known) throw new StateTooNewError(path, found, known);
  if (found === known) return;
  if (found > 0) backUp(place, found);
  for (const { version, sql } of migrations.slice(found)) {
    database
      .transaction(() => {
        database.exec(sql);
        database.pragma(`user_version = ${version}`);
      })
      .immediate();
  }
}

export function schemaVersion(database: Database): number {
  return Number(database.pragma("user_version", { simple: true }));
}

function backUp({ database, backupDir, now }: MigrationPlace, version: number): void {
  mkdirSync(backupDir, { recursive: true, mode: 0o700 });
  const stamp = now().toISOString().replaceAll(/[-:.]/g, "");
  copyDatabase(database, join(backupDir, `registry-v${version}-${stamp}.db`));
  const oldestFirst = readdirSync(backupDir)
    .filter((name) => BACKUP.test(name))
    .toSorted((a, b) => stampOf(a).localeCompare(stampOf(b)));
  for (const name of oldestFirst.slice(0, -KEPT_BACKUPS)) rmSync(join(backupDir, name));
}

function stampOf(name: string): string {
  return name.slice(name.lastIndexOf("-"));
}
