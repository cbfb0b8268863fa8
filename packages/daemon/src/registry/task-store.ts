import { entityOfTask, newId, OrchastrationError } from "@orchastration/protocol";
import type { Actor, Run, Task } from "@orchastration/protocol/contract";
import type { RunEvent } from "../domain/run-machine.ts";
import { taskEventFor } from "../domain/task-follows-run.ts";
import { type TaskFact, taskAfter } from "../domain/task-history.ts";
import type { TaskEvent } from "../domain/task-machine.ts";
import type { TaskReader, TaskWriter } from "./api.ts";
import type { Database } from "./database.ts";
import type { EventLog } from "./event-log.ts";
import type { Repositories } from "./repositories.ts";

interface TaskRow {
  readonly key: number;
  readonly task: string;
  readonly is_removed: number;
}

export interface TaskStore extends TaskReader, TaskWriter {
  /** Lets the task of a run follow what has just happened to the run. */
  follow(run: Run, event: RunEvent, actor: Actor): void;
  /** As it is in the file; also a removed one. */
  read(id: string): TaskFact | undefined;
  count(): number;
}

export function createTaskStore(database: Database, log: EventLog, repositories: Repositories): TaskStore {
  const insert = database.prepare<
    [number, string, string, number | null, number | null, string, string, string, number]
  >(
    `INSERT INTO tasks (key, id, kind, repository, number, slug, status, is_removed, task, event_seq)
     VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
  );
  const update = database.prepare<[string, number, string | null, string, number, number]>(
    "UPDATE tasks SET status = ?, is_removed = ?, worktree = ?, task = ?, event_seq = ? WHERE key = ?",
  );
  const select = database.prepare<[string], TaskRow>("SELECT key, task, is_removed FROM tasks WHERE id = ?");
  const rows = (condition: string) => `SELECT key, task, is_removed FROM tasks WHERE is_removed = 0 AND ${condition}`;
  const inRepository = database.prepare<[number | null], TaskRow>(
    rows("repository IS ? ORDER BY kind DESC, number, slug"),
  );
  const all = database.prepare<[], TaskRow>(rows("1 ORDER BY key"));
  const bySlug = database.prepare<[number | null, string, string], TaskRow>(
    rows("repository IS ? AND kind = ? AND slug = ?"),
  );
  const byNumber = database.prepare<[number, number], TaskRow>(rows("repository = ? AND number = ?"));
  const taken = database
    .prepare<[number, number], number>("SELECT 1 FROM tasks WHERE repository = ? AND number = ?")
    .pluck();
  const highest = database
    .prepare<[number], number | null>("SELECT max(number) FROM tasks WHERE repository = ?")
    .pluck();
  const count = database.prepare<[], number>("SELECT count(*) FROM tasks").pluck();

  function requireRow(id: string): TaskRow & { readonly fact: TaskFact } {
    const row = select.get(id);
    if (row === undefined || row.is_removed === 1) {
      throw new OrchastrationError("TaskNotFound", `no task has the id ${id}`, { details: { task: id } });
    }
    return { ...row, fact: factOf(row) };
  }

  /** Of a repository without a row there is nothing either. */
  function keyOf(repository: string | null): number | null | undefined {
    return repository === null ? null : repositories.find(repository);
  }

  function apply(id: string, event: TaskEvent, actor: Actor): Task {
    const { key, fact } = requireRow(id);
    const { seq } = log.append({ actor, entity: entityOfTask(id), name: event.name, payload: event.payload }, key);
    const { task, isRemoved } = taskAfter(fact, event, seq);
    const worktree = isRemoved ? null : (task.lease?.path ?? null);
    update.run(task.state.status, Number(isRemoved), worktree, JSON.stringify(task), seq, key);
    return task;
  }

  return {
    find(id) {
      const row = select.get(id);
      return row === undefined || row.is_removed === 1 ? undefined : taskOf(row);
    },
    get: (id) => requireRow(id).fact.task,
    list(repository) {
      const key = keyOf(repository);
      return key === undefined ? [] : inRepository.all(key).map(taskOf);
    },
    listAll: () => all.all().map(taskOf),
    findByName(repository, kind, slug) {
      const key = keyOf(repository);
      const row = key === undefined ? undefined : bySlug.get(key, kind, slug);
      return row && taskOf(row);
    },
    findByNumber(repository, number) {
      const key = repositories.find(repository);
      const row = key === undefined ? undefined : byNumber.get(key, number);
      return row && taskOf(row);
    },
    isNumberTaken(repository, number) {
      const key = repositories.find(repository);
      return key !== undefined && taken.get(key, number) !== undefined;
    },
    highestNumber(repository) {
      const key = repositories.find(repository);
      return key === undefined ? 0 : (highest.get(key) ?? 0);
    },
    read(id) {
      const row = select.get(id);
      return row && factOf(row);
    },
    count: () => count.get() ?? 0,
    create(declared, authored, actor) {
      const id = newId();
      const event: TaskEvent = { name: "task.created", payload: { task: { id, ...declared, ...authored } } };
      const { seq } = log.append({ actor, entity: entityOfTask(id), name: event.name, payload: event.payload }, "own");
      const { task } = taskAfter(undefined, event, seq);
      const { kind, repository, number, slug } = task;
      const repositoryKey = repository === null ? null : repositories.intern(repository);
      insert.run(seq, id, kind, repositoryKey, number, slug, task.state.status, JSON.stringify(task), seq);
      return task;
    },
    apply,
    follow(run, event, actor) {
      if (run.task === undefined) return;
      const row = select.get(run.task.id);
      if (row === undefined || row.is_removed === 1) return;
      const taskEvent = taskEventFor(taskOf(row), run, event);
      if (taskEvent !== undefined) apply(run.task.id, taskEvent, actor);
    },
  };
}

/** What this store wrote. */
function taskOf({ task }: TaskRow): Task {
  return JSON.parse(task) as Task;
}

function factOf(row: TaskRow): TaskFact {
  return { task: taskOf(row), isRemoved: row.is_removed === 1 };
}
