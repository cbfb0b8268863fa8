import { monotonicMs } from "@orchastration/protocol/node";
import type { ComposedTasks } from "./compose-tasks.ts";
import { observeBase } from "./git/observe-base.ts";
import type { HashService } from "./hashing/hash-service.ts";
import type { Log } from "./logging/log.ts";
import { chooseActionRecordPath, taskRecordPath } from "./records/record-paths.ts";
import { writeActionRecord, writeTaskRecord } from "./records/task-record.ts";
import type { Registry } from "./registry/registry.ts";
import type { DeclareRun } from "./services/declare-run.ts";
import type { Persist } from "./services/persist.ts";
import { createPlanning, type Planning } from "./services/planning/planning.ts";
import { createTaskActions } from "./services/planning/task-actions.ts";
import { createTaskRecords, type TaskRecords } from "./services/planning/task-records.ts";
import type { RunService } from "./services/run.ts";
import { createTaskGit, type TaskGit } from "./services/task-git.ts";
import { readTaskFile } from "./task-files/read-task-file.ts";

export interface PlanningParts {
  readonly registry: Registry;
  readonly tasks: ComposedTasks;
  readonly declareRun: DeclareRun;
  readonly runs: RunService;
  readonly hashing: HashService;
  readonly stateDir: string;
  readonly persistFiles: Persist;
  readonly now: () => Date;
  readonly log: Log;
}

export interface ComposedPlanning {
  readonly service: Planning;
  readonly git: TaskGit;
  readonly records: TaskRecords;
}

/** Plan, build and document, and the records of what is done for tasks. */
export function composePlanning(parts: PlanningParts): ComposedPlanning {
  const { registry, tasks, stateDir, persistFiles, now, log } = parts;
  const records = createTaskRecords({
    registry,
    writeActionRecord,
    writeTaskRecord,
    taskRecordPath: (task) => taskRecordPath(stateDir, task),
    persist: persistFiles,
    log,
  });
  const actions = createTaskActions({
    registry,
    recordPath: (task, startedAt, isTaken) => chooseActionRecordPath(stateDir, task, startedAt, isTaken),
    recordsWritten: records.written,
    now,
    monotonicMs,
  });
  const service = createPlanning({ ...parts, knownTasks: tasks.known, turns: tasks.turns, actions, observeBase });
  const git = createTaskGit({ registry, knownTasks: tasks.known, turns: tasks.turns, actions, readTaskFile });
  return { service, git, records };
}
