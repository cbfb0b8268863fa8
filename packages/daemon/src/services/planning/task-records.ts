import { existsSync } from "node:fs";
import { runFacts, taskName, taskOfEntity } from "@orchastration/protocol";
import {
  type EventPayload,
  events as eventSchemas,
  type StoredEvent,
  type Task,
} from "@orchastration/protocol/contract";
import { progressOf } from "../../domain/plan.ts";
import type { RecordedTask } from "../../records/task-record.ts";
import type { Registry } from "../../registry/registry.ts";
import {
  createDerivedFiles,
  type DerivedFile,
  type DerivedFiles,
  type DerivedFilesDependencies,
} from "../derived-files.ts";

export interface TaskRecords extends DerivedFiles {
  /** Writes all of them again; how many there are. */
  rewrite(): Promise<number>;
}

export interface TaskRecordsDependencies extends Pick<DerivedFilesDependencies, "persist" | "log"> {
  readonly registry: Registry;
  readonly writeActionRecord: (name: string, ended: EventPayload<"task.actionEnded">) => Promise<void>;
  readonly writeTaskRecord: (path: string, record: RecordedTask) => Promise<void>;
  readonly taskRecordPath: (task: Pick<RecordedTask["task"], "repository"> & { readonly name: string }) => string;
}

/** Events that are read from the log at once. */
const PAGE = 500;

/** Keeps the record files of tasks, and of what was done for them, as the registry has them. Builds are runs: run-records.ts writes theirs. */
export function createTaskRecords(deps: TaskRecordsDependencies): TaskRecords {
  const { registry, writeActionRecord, writeTaskRecord, taskRecordPath } = deps;

  function* filesAfter(event: StoredEvent, isWanted = (_path: string) => true): Generator<DerivedFile> {
    const { name, entity, payload } = event;
    const id = taskOfEntity(entity);
    const task = id === undefined ? undefined : registry.tasks.find(id);
    if (task === undefined) return;
    if (hasRecord(task)) yield { key: `the record of task ${task.id}`, write: () => writeTask(task.id) };
    if (name !== "task.actionEnded") return;
    const ended = eventSchemas[name].parse(payload);
    if (!isWanted(ended.recordPath)) return;
    yield { key: ended.recordPath, write: () => writeActionRecord(taskName(task), ended) };
  }

  async function writeTask(id: string): Promise<void> {
    const task = registry.tasks.find(id);
    if (task === undefined) return;
    const name = taskName(task);
    const progress = progressOf(task.state.status, task.plan?.status ?? "planned");
    const lastRun = lastRunOf(task);
    await writeTaskRecord(taskRecordPath({ name, repository: task.repository }), { task, name, progress, lastRun });
  }

  function lastRunOf({ run: id, actedAt }: Task): string | null {
    const run = id === null ? undefined : registry.runs.find(id);
    const startedAt = run === undefined ? null : runFacts(run.state).startedAt;
    // RFC 3339 in UTC sorts as time does.
    const times = [startedAt, actedAt].filter((time) => typeof time === "string");
    return times.toSorted().at(-1) ?? null;
  }

  return {
    ...createDerivedFiles({
      ...deps,
      filesAfter,
      filesOwedFor: (event) => filesAfter(event, (path) => !existsSync(path)),
    }),
    async rewrite() {
      const files = new Map<string, DerivedFile>();
      for (let seq = 0, page = registry.events.readAfter(0, PAGE); page.length > 0; ) {
        for (const event of page) for (const file of filesAfter(event)) files.set(file.key, file);
        seq = page.at(-1)?.seq ?? seq;
        page = registry.events.readAfter(seq, PAGE);
      }
      for (const file of files.values()) await file.write();
      return files.size;
    },
  };
}

/** A configured task has one from its first plan on. */
function hasRecord({ kind, plan }: Task): boolean {
  return kind === "file" || plan !== undefined;
}
