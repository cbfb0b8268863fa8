import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { type Database, openDatabase } from "../../src/registry/database.ts";
import { migrate, schemaVersion } from "../../src/registry/migrate.ts";
import { MIGRATIONS, type Migration } from "../../src/registry/migrations/index.ts";
import { startProgram } from "../line-process.ts";

const options = { synchronous: "FULL", busyTimeoutMs: 0 } as const;
const steps: readonly Migration[] = [
  { version: 1, sql: "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('first')" },
  { version: 2, sql: "ALTER TABLE notes ADD COLUMN length INTEGER; UPDATE notes SET length = length(text)" },
];

function place(directory: string, at = "2026-11-01T09:15:00.000Z") {
  const path = join(directory, "registry.db");
  const database = openDatabase(path, options);
  return { database, path, backupDir: join(directory, "backups"), now: () => new Date(at) };
}

const notes = (database: Database): unknown[] => database.prepare("SELECT * FROM notes").all();

describe("migrations", () => {
  test("are numbered from 1 without a gap", () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  test("are taken once each, after a copy of what there was", () => {
    const directory = temporaryDirectory();
    const first = place(directory);
    migrate(first, steps.slice(0, 1));
    expect(existsSync(first.backupDir)).toBe(false);
    migrate(first, steps);
    migrate(first, steps);
    expect(schemaVersion(first.database)).toBe(2);
    expect(notes(first.database)).toEqual([{ text: "first", length: 5 }]);
    first.database.close();

    const [name = "", ...others] = readdirSync(first.backupDir);
    expect([name, others]).toEqual(["registry-v1-20261101T091500000Z.db", []]);
    expect(statSync(join(first.backupDir, name)).mode & 0o777).toBe(0o600);
    const copy = openDatabase(join(first.backupDir, name), options);
    expect([schemaVersion(copy), notes(copy)]).toEqual([1, [{ text: "first" }]]);
    copy.close();
  });

  test("that fail leave the version and the rows from before them", () => {
    const directory = temporaryDirectory();
    const here = place(directory);
    migrate(here, steps.slice(0, 1));
    const failing: Migration = { version: 2, sql: "UPDATE notes SET text = 'second'; SELECT no_such_function()" };
    expect(() => migrate(here, [...steps.slice(0, 1), failing])).toThrow("no_such_function");
    expect([schemaVersion(here.database), notes(here.database)]).toEqual([1, [{ text: "first" }]]);
    here.database.close();
  });

  test("that are killed in the middle leave the version and the rows from before them", async () => {
    const directory = temporaryDirectory();
    const here = place(directory);
    migrate(here, steps.slice(0, 1));
    here.database.close();
    await using program = startProgram(new URL("./fixtures/die-while-migrating.ts", import.meta.url), [directory]);
    expect(await program.ended).toBe("SIGKILL");
    const again = place(directory);
    expect([schemaVersion(again.database), notes(again.database)]).toEqual([1, [{ text: "first" }]]);
    migrate(again, steps);
    expect(schemaVersion(again.database)).toBe(2);
    again.database.close();
  });

  test("keep the copies of the last three", () => {
    const directory = temporaryDirectory();
    for (let version = 1; version <= 6; version += 1) {
      const here = place(directory, `2026-11-0${version}T00:00:00.000Z`);
      migrate(
        here,
        Array.from({ length: version }, (_, index) => ({ version: index + 1, sql: "SELECT 1" })),
      );
      here.database.close();
    }
    expect(readdirSync(join(directory, "backups")).toSorted()).toEqual([
      "registry-v3-20261104T000000000Z.db",
      "registry-v4-20261105T000000000Z.db",
      "registry-v5-20261106T000000000Z.db",
    ]);
  });
});
