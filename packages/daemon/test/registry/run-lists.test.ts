import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { type Database, openDatabase } from "../../src/registry/database.ts";
import { createEventLog } from "../../src/registry/event-log.ts";
import type { Registry, RunQuery } from "../../src/registry/registry.ts";
import { createRepositories } from "../../src/registry/repositories.ts";
import { createRunStore } from "../../src/registry/run-store.ts";
import { AT, complete, declare, ENDING, FAILING, LAUNCH, open, queue, step } from "./sample-runs.ts";

const PROJECT = "/home/ada/project";

/** Runs of several names, places and ends; answers their ids in the order in which they were queued. */
async function fill(registry: Registry, stateDir: string): Promise<string[]> {
  const ids: string[] = [];
  for (const [name, repository, ending] of [
    ["build", null, ENDING],
    ["build", PROJECT, FAILING],
    ["test", PROJECT, ENDING],
    ["build", null, FAILING],
    ["build", PROJECT, ENDING],
    ["test", "/elsewhere", FAILING],
  ] as const) {
    const declared = declare(stateDir, { name, repository });
    await complete(registry, declared, ending);
    ids.push(declared.id);
  }
  return ids;
}

describe("lists of runs", () => {
  test.each<[string, Omit<RunQuery, "limit">, number[]]>([
    ["everything", {}, [5, 4, 3, 2, 1, 0]],
    ["one name everywhere", { name: "build" }, [4, 3, 1, 0]],
    ["one repository", { repository: PROJECT }, [4, 2, 1]],
    ["the global configuration", { repository: null }, [3, 0]],
    ["one job", { name: "build", repository: PROJECT }, [4, 1]],
    ["one global job", { name: "build", repository: null }, [3, 0]],
    ["what failed", { isFailed: true }, [5, 3, 1]],
    ["what failed of one name", { isFailed: true, name: "build" }, [3, 1]],
    ["what failed in one repository", { isFailed: true, repository: PROJECT }, [1]],
    ["what failed of one job", { isFailed: true, name: "build", repository: null }, [3]],
    ["a name that never ran", { name: "deploy" }, []],
    ["a repository that never ran anything", { repository: "/unknown" }, []],
  ])("show %s, newest first", async (_, query, expected) => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const ids = await fill(registry, stateDir);
    const listed = (given: RunQuery): number[] => registry.runs.list(given).map(({ id }) => ids.indexOf(id));
    expect(listed({ ...query, limit: 100 })).toEqual(expected);
    expect(listed({ ...query, limit: 1 })).toEqual(expected.slice(0, 1));
    expect(listed({ ...query, limit: 100, before: ids[4] })).toEqual(expected.filter((index) => index < 4));
    registry.close();
  });

  test("cannot begin before a run that is not there", () => {
    const registry = open(temporaryDirectory());
    expect(() => registry.runs.list({ limit: 1, before: "7k3m9q2x5r8t" })).toThrow("no run has the id");
    registry.close();
  });

  test("have the last run of a job", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const ids = await fill(registry, stateDir);
    expect(registry.runs.lastByName("build", PROJECT)?.id).toBe(ids[4]);
    expect(registry.runs.lastByName("build", null)?.id).toBe(ids[3]);
    expect(registry.runs.lastByName("test", null)).toBeUndefined();
    expect(registry.runs.lastByName("test", "/unknown")).toBeUndefined();
    registry.close();
  });

  test("find runs by the beginning of their ids", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    for (const id of ["aaaa00000000", "aaab00000000", "aaabzzzzzzzz", "bbbb00000000"]) {
      await queue(registry, declare(stateDir, { id }));
    }
    const found = (prefix: string, limit = 10): string[] =>
      registry.runs.findByPrefix(prefix, limit).map(({ id }) => id);
    expect(found("aaab")).toEqual(["aaab00000000", "aaabzzzzzzzz"]);
    expect(found("aaab", 1)).toEqual(["aaab00000000"]);
    expect(found("zzzz")).toEqual([]);
    registry.close();
  });

  test("have the queue in starting order, and what has not ended in the order of the log", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const queued = async (priority: number): Promise<string> =>
      (await queue(registry, declare(stateDir, { priority }))).id;
    const [low, high, alsoHigh] = [await queued(0), await queued(5), await queued(5)];
    const [running, ended] = [await queued(9), await queued(9)];
    await step(registry, running, { type: "prepare" });
    await step(registry, running, LAUNCH);
    await step(registry, ended, { type: "cancel", endedAt: AT, reason: "cancelled by ada" });
    expect(registry.runs.queued().map(({ id }) => id)).toEqual([high, alsoHigh, low]);
    expect(registry.runs.unfinished().map(({ id }) => id)).toEqual([low, high, alsoHigh, running]);
    registry.close();
  });
});

/** The same database, which notes the statements that are prepared on it. */
function recording(database: Database): { readonly recorded: Database; readonly statements: ReadonlySet<string> } {
  const statements = new Set<string>();
  const prepare = (sql: string): unknown => {
    statements.add(sql);
    return database.prepare(sql);
  };
  const recorded = new Proxy(database, {
    get: (target, name): unknown => (name === "prepare" ? prepare : Reflect.get(target, name)),
  });
  return { recorded, statements };
}

test("every query of runs and events finds its rows by an index, in the order in which they are wanted", () => {
  const stateDir = temporaryDirectory();
  open(stateDir).close();
  const database = openDatabase(join(stateDir, "registry.db"), { synchronous: "FULL", busyTimeoutMs: 0 });
  const { recorded, statements } = recording(database);
  const now = (): Date => new Date(AT);
  const runs = createRunStore(recorded, createEventLog(recorded, now), createRepositories(database), stateDir);
  runs.insert(declare(stateDir, { repository: PROJECT }));
  for (const isFailed of [false, true]) {
    for (const name of [undefined, "build"]) {
      for (const repository of [undefined, null, PROJECT]) runs.list({ name, repository, isFailed, limit: 1 });
    }
  }
  // Counting everything is for verification alone; the newest event is the first row of a scan from the end. The events of a task's runs lie in
  // as many places of the index as it has runs.
  const isExempt = (sql: string): boolean =>
    sql.includes("count(*)") || sql.endsWith("ORDER BY seq DESC LIMIT 1") || sql.includes("UNION ALL");
  const queries = [...statements].filter((sql) => sql.trimStart().startsWith("SELECT") && !isExempt(sql));
  expect(queries.length).toBeGreaterThan(15);
  for (const sql of queries) {
    const plan = database
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...(sql.match(/\?/g) ?? []).map(() => 1))
      .map(({ detail }) => detail);
    const flaws = plan.filter(
      (detail) => detail.includes("TEMP B-TREE") || /^SCAN (?!.* USING |wanted VIRTUAL TABLE)/.test(detail),
    );
    expect({ sql, plan, flaws }).toMatchObject({ flaws: [] });
  }
  database.close();
});
