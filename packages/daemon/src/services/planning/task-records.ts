import { existsSync } from "node:fs";
import { runFacts, taskName } from "@orchastration/protocol";
import {
  type EventPayload,
  events as eventSchemas,
  type StoredEvent,
  type Task,
} from "@orchastration/protocol/contract";
import { progressOf } from "../../domain/plan.ts";
import type { Log } from "../../logging/log.ts";
import type { RecordedTask } from "../../records/task-record.ts";
import type { Registry } from "../../registry/registry.ts";

export interface TaskRecords {
  /** Resolves when the files say what the registry said after that event. */
  written(seq: number): Promise<void>;
  /** Writes those that an earlier daemon did not: it died first, or the disk was full. */
  writeOwed(): Promise<void>;
  /** Writes all of them again; how many there are. */
  rewrite(): Promise<number>;
  /** Finishes what is under way. */
  close(): Promise<void>;
}

export interface TaskRecordsDependencies {
  readonly registry: Registry;
  readonly writeActionRecord: (name: string, ended: EventPayload<"task.actionEnded">) => Promise<void>;
  readonly writeTaskRecord: (path: string, record: RecordedTask) => Promise<void>;
  readonly taskRecordPath: (task: Pick<RecordedTask["task"], "repository"> & { readonly name: string }) => string;
  readonly log: Log;
}

/** Events that are read from the log at once. */
const PAGE = 500;

/** Keeps the record files of tasks, and of what was done for them, as the registry has them. Builds are runs: run-records.ts writes theirs. */
export function createTaskRecords(deps: TaskRecordsDependencies): TaskRecords {
  const { registry, writeActionRecord, writeTaskRecord, taskRecordPath, log } = deps;
  const waiting = new Set<{ readonly seq: number; readonly resolve: () => void }>();
  let writing: Promise<void> = Promise.resolve();
  let writtenThrough = registry.events.headSeq();

  registry.onCommitted((events) => {
    writing = writing.then(async () => {
      await writeRecords([events], () => true).catch((error: unknown) => {
        log.warn("record.unwritten", `a task's record is written later: ${String(error)}`);
      });
      writtenThrough = events.at(-1)?.seq ?? writtenThrough;
      for (const waiter of [...waiting].filter(({ seq }) => seq <= writtenThrough)) {
        waiting.delete(waiter);
        waiter.resolve();
      }
    });
  });

  /** Answers how many files were written. */
  async function writeRecords(
    pages: Iterable<readonly StoredEvent[]>,
    isWanted: (recordPath: string) => boolean,
  ): Promise<number> {
    const touched = new Set<string>();
    let count = 0;
    for (const events of pages) {
      for (const { name, entity, payload } of events) {
        if (!name.startsWith("task.")) continue;
        const task = registry.tasks.find(entity.slice("task:".length));
        if (task === undefined) continue;
        touched.add(task.id);
        if (name !== "task.actionEnded") continue;
        const ended = eventSchemas[name].parse(payload);
        if (!isWanted(ended.recordPath)) continue;
        await writeActionRecord(taskName(task), ended);
        count += 1;
      }
    }
    for (const id of touched) count += await writeTask(registry.tasks.get(id));
    return count;
  }

  /** A configured task has a record from its first plan on. */
  async function writeTask(task: Task): Promise<number> {
    if (task.kind === "configured" && task.plan === undefined) return 0;
    const name = taskName(task);
    const progress = progressOf(task.state.status, task.plan?.status ?? "planned");
    const lastRun = lastRunOf(task);
    await writeTaskRecord(taskRecordPath({ name, repository: task.repository }), { task, name, progress, lastRun });
    return 1;
  }

  function lastRunOf({ run: id, actedAt }: Task): string | null {
    const run = id === null ? undefined : registry.runs.find(id);
    const startedAt = run === undefined ? null : runFacts(run.state).startedAt;
    // RFC 3339 in UTC sorts as time does.
    const times = [startedAt, actedAt].filter((time) => typeof time === "string");
    return times.toSorted().at(-1) ?? null;
  }

  function* pagesAfter(seq: number): Generator<readonly StoredEvent[]> {
    for (let page = registry.events.readAfter(seq, PAGE); page.length > 0; ) {
      yield page;
      page = registry.events.readAfter(page.at(-1)?.seq ?? seq, PAGE);
    }
  }

  return {
    written: (seq) =>
      seq <= writtenThrough ? Promise.resolve() : new Promise((resolve) => waiting.add({ seq, resolve })),
    async writeOwed() {
      await writeRecords(pagesAfter(registry.recordsSettledThrough()), (path) => !existsSync(path));
    },
    rewrite: () => writeRecords(pagesAfter(0), () => true),
    async close() {
      await writing;
    },
  };
}
