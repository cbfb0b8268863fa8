import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { ADA, AT, complete, declare, open } from "./sample-runs.ts";

/** People have these in scripts: columns are added at the end, never renamed, moved or removed. */
const COLUMNS = {
  v_runs:
    "id kind name repository status argv working_dir queued_at started_at ended_at duration_ms exit_code signal reason stdout_sha256 stderr_sha256 record_path event_seq task_id",
  v_tasks:
    "id kind repository number slug title agent labels status reason created_at run_id worktree branch merged_into merge_commit event_seq",
  v_orchestrations: "id name repository status task context started_at ended_at message record event_seq",
  v_sessions: "id run_id status started_at ended_at exit_code signal",
  v_events: "seq id at actor_kind actor_name entity name payload hash",
} as const;

function readBeside(stateDir: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(stateDir, "registry.db"), { readOnly: true });
  const rows = database.prepare(sql).all();
  database.close();
  return rows;
}

async function createLogin(registry: Registry) {
  const declared = { kind: "file", repository: "/home/ada/project", number: 3, slug: "login", createdAt: AT } as const;
  const authored = { title: "Log in", baseBranch: null, agent: null, labels: ["ui"] };
  return await registry.commit((tx) => tx.tasks.create(declared, authored, ADA));
}

test.each(Object.entries(COLUMNS))("%s has the columns that it always had", (view, columns) => {
  const stateDir = temporaryDirectory();
  const registry = open(stateDir);
  const found = readBeside(stateDir, `SELECT name FROM pragma_table_info('${view}') ORDER BY cid`);
  expect(found.map(({ name }) => name).join(" ")).toBe(columns);
  registry.close();
});

test("a run tells its task, and a task's history is that of its runs as well", async () => {
  const stateDir = temporaryDirectory();
  const registry = open(stateDir);
  const task = await createLogin(registry);
  const run = await complete(registry, declare(stateDir, { kind: "exec", task: { id: task.id, onExit: "stop" } }));
  await complete(registry, declare(stateDir));
  expect(readBeside(stateDir, "SELECT id, task_id FROM v_runs WHERE task_id IS NOT NULL")).toEqual([
    { id: run.id, task_id: task.id },
  ]);
  expect(readBeside(stateDir, "SELECT id, slug, labels FROM v_tasks")).toEqual([
    { id: task.id, slug: "login", labels: '["ui"]' },
  ]);
  const links = registry.events.taskLinksAfter(task.id, 0, 100);
  expect(links.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  expect(registry.events.taskLinksAfter(task.id, 2, 2).map(({ seq }) => seq)).toEqual([3, 4]);
  expect(await registry.verify()).toMatchObject({ ok: true });
  registry.close();
});

test("a run that is given to another task is found", async () => {
  const stateDir = temporaryDirectory();
  const registry = open(stateDir);
  const task = await createLogin(registry);
  const run = await complete(registry, declare(stateDir));
  const behind = new DatabaseSync(join(stateDir, "registry.db"));
  behind.prepare("UPDATE runs SET task = (SELECT key FROM tasks WHERE id = ?)").run(task.id);
  behind.close();
  expect(await registry.verify()).toMatchObject({ ok: false, seq: run.eventSeq });
  registry.close();
});
