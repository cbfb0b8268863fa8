import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home, PROJECT_ROOT } from "../support/home.ts";

const page = readFileSync(join(PROJECT_ROOT, "docs/sql.md"), "utf8");
const examples = [...page.matchAll(/^([^\n]+):\n\n```sql\n([^]*?)```/gm)].map(([, title = "", sql = ""]) => ({
  title,
  sql,
}));
const views = [...page.matchAll(/^### (v_\w+)\n([^]*?)(?=^##)/gm)].map(([, name = "", text = ""]) => ({
  name,
  columns: [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, column]) => column),
}));
const HAS_PYTHON =
  spawnSync("python3", ["-c", "import sqlite3; assert sqlite3.sqlite_version_info >= (3, 38)"]).status === 0;

/** What the page tells people to run. */
const PYTHON =
  "import sqlite3, sys; [print(*row, sep='\\t') for row in sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True).execute(sys.argv[2])]";

let home: Home;
let registry: string;

beforeAll(async () => {
  home = createHome();
  home.writeConfig('[jobs.greet]\ncommand = ["echo", "hello", "--verbose"]\n');
  registry = join(home.stateDir, "registry.db");
  await home.cli(["run", "greet"]);
  await home.cli(["run", "greet"]);
  await home.cli(["run", "--", "sh", "-c", "exit 3"]);
});
afterAll(() => home[Symbol.asyncDispose]());

function ask(sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(registry, { readOnly: true });
  const rows = database.prepare(sql).all();
  database.close();
  return rows;
}

describe("docs/sql.md", () => {
  test("describes every view, and every column in its order", () => {
    const names = ask("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").map(({ name }) => name);
    expect(views.map(({ name }) => name).toSorted()).toEqual(names);
    for (const { name, columns } of views) {
      const found = ask(`SELECT name FROM pragma_table_info('${name}') ORDER BY cid`);
      expect(columns, name).toEqual(found.map((row) => row["name"]));
    }
  });

  test("has examples", () => {
    expect(examples.length).toBeGreaterThanOrEqual(8);
  });

  test.each(examples)("answers while the daemon runs: $title", ({ title, sql }) => {
    const rows = ask(sql);
    // Of tasks there are none here.
    if (!title.startsWith("Tasks")) expect(rows).not.toHaveLength(0);
  });

  test.skipIf(!HAS_PYTHON).each(examples)("answers Python as well: $title", ({ sql }) => {
    const { status, stdout, stderr } = spawnSync("python3", ["-c", PYTHON, registry, sql], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n").length - 1).toBe(ask(sql).length);
  });

  test("and whoever reads changes nothing, and holds up nobody", async () => {
    const reader = new DatabaseSync(registry, { readOnly: true });
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM v_runs").get();
    expect((await home.cli(["run", "greet"])).code).toBe(0);
    expect(() => reader.exec("DELETE FROM runs")).toThrow("readonly");
    reader.close();
    expect((await home.cli(["audit", "verify"])).code).toBe(0);
  });
});
