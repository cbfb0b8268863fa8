import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { openDatabase } from "../../src/registry/database.ts";
import { MIGRATIONS } from "../../src/registry/migrations/index.ts";
import { StateCorruptError, StateTooNewError } from "../../src/registry/registry.ts";
import { complete, declare, open } from "./sample-runs.ts";

const options = { synchronous: "FULL", busyTimeoutMs: 0 } as const;

/** A state directory that was used: a registry with runs, closed. */
async function usedState(runs = 20): Promise<string> {
  const stateDir = temporaryDirectory();
  const registry = open(stateDir);
  for (let n = 0; n < runs; n += 1) await complete(registry, declare(stateDir));
  registry.close();
  return stateDir;
}

function filesOf(stateDir: string): Record<string, string> {
  const files = readdirSync(stateDir, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(stateDir, name)).isFile(),
  );
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(stateDir, name), "base64")]));
}

describe("opening a registry", () => {
  test("creates it in a fresh directory, beside files that say nothing of an earlier one", () => {
    const stateDir = temporaryDirectory();
    writeFileSync(join(stateDir, "trust.json"), "{}");
    mkdirSync(join(stateDir, "sessions"));
    open(stateDir).close();
    expect(existsSync(join(stateDir, "registry.db"))).toBe(true);
    expect(existsSync(join(stateDir, "backups"))).toBe(false);
  });

  test("creates it where the program died before it had made anything", () => {
    const stateDir = temporaryDirectory();
    writeFileSync(join(stateDir, "registry.db"), "");
    open(stateDir).close();
    const begun = temporaryDirectory();
    // With its journal mode and no schema yet.
    openDatabase(join(begun, "registry.db"), options).close();
    open(begun).close();
  });

  test.each(["runs/sample", "repos/project-5e0d7a11", "sessions/7k3m9q2x5r8t", "supervisors/one", "backups/old"])(
    "refuses a directory without registry that has %s, and makes nothing",
    (trace) => {
      const stateDir = temporaryDirectory();
      mkdirSync(join(stateDir, trace), { recursive: true });
      const message = new RegExp(`missing, but beside it there is ${trace.split("/")[0]}`);
      expect(() => open(stateDir)).toThrow(StateCorruptError);
      expect(() => open(stateDir)).toThrow(message);
      expect(() => open(stateDir)).toThrow("move registry.db");
      expect(existsSync(join(stateDir, "registry.db"))).toBe(false);
    },
  );

  test("refuses an emptied registry beside records, and leaves its write-ahead log alone", () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const copy = temporaryDirectory();
    cpSync(stateDir, copy, { recursive: true });
    registry.close();
    truncateSync(join(copy, "registry.db"));
    const before = filesOf(copy);
    expect(() => open(copy)).toThrow(/empty, but beside it there is registry\.db-wal/);
    expect(filesOf(copy)).toEqual(before);
  });

  test("refuses a file that is no database", async () => {
    const stateDir = await usedState(1);
    writeFileSync(join(stateDir, "registry.db"), "not a database, but long enough to be looked at ".repeat(100));
    expect(() => open(stateDir)).toThrow(StateCorruptError);
    expect(() => open(stateDir)).toThrow("is damaged");
  });

  test("refuses a database of somebody else", () => {
    const stateDir = temporaryDirectory();
    const stranger = openDatabase(join(stateDir, "registry.db"), options);
    stranger.exec("CREATE TABLE theirs (a)");
    stranger.close();
    expect(() => open(stateDir)).toThrow("no registry of this program");
  });

  test("refuses a damaged page in the middle", async () => {
    const stateDir = await usedState();
    const path = join(stateDir, "registry.db");
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096 * 4, 4096 * 12);
    writeFileSync(path, bytes);
    expect(() => open(stateDir)).toThrow(StateCorruptError);
  });

  test("refuses a file that was cut off", async () => {
    const stateDir = await usedState();
    const path = join(stateDir, "registry.db");
    truncateSync(path, statSync(path).size - 8192);
    expect(() => open(stateDir)).toThrow(StateCorruptError);
  });

  test("refuses a log whose end does not fit", async () => {
    const stateDir = await usedState(1);
    const behind = openDatabase(join(stateDir, "registry.db"), options);
    behind.exec("DROP TRIGGER events_are_never_updated; UPDATE events SET hash = zeroblob(32) WHERE seq = 4");
    behind.close();
    expect(() => open(stateDir)).toThrow("event 4 of");
  });

  test("refuses a registry that a newer program wrote, and changes nothing", async () => {
    const stateDir = await usedState(1);
    const behind = openDatabase(join(stateDir, "registry.db"), options);
    behind.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    behind.close();
    const before = filesOf(stateDir);
    expect(() => open(stateDir)).toThrow(StateTooNewError);
    expect(filesOf(stateDir)).toEqual(before);
  });

  test("names the newest backup when there is one", async () => {
    const stateDir = await usedState(1);
    mkdirSync(join(stateDir, "backups"));
    for (const name of ["registry-v2-20261101T091500000Z.db", "registry-v1-20261102T091500000Z.db"]) {
      writeFileSync(join(stateDir, "backups", name), "");
    }
    rmSync(join(stateDir, "registry.db"));
    expect(() => open(stateDir)).toThrow("put a copy of backups/registry-v1-20261102T091500000Z.db in their place");
  });
});
