import { exitCodeOf, missingFiles, runFacts } from "@orchastration/protocol";
import type { EventPayload, Progress, Run, Task, TaskRecord, TaskRunRecord } from "@orchastration/protocol/contract";
import { writeJson } from "./write-file.ts";

/** What was done for a task: writes the record of an action that is no run. `name` as people call the task. */
export async function writeActionRecord(name: string, ended: EventPayload<"task.actionEnded">): Promise<void> {
  const { action, startedAt, endedAt, durationMs, status, message, recordPath } = ended;
  const record: TaskRunRecord = {
    task_name: name,
    action,
    start_time: startedAt,
    end_time: endedAt,
    duration_ms: durationMs,
    status,
    exit_code: status === "succeeded" ? 0 : 1,
    message,
    run_id: null,
  };
  await writeJson(recordPath, record);
}

/** The record of a build that has ended. */
export function buildRecordOf(run: Run): TaskRunRecord {
  const { startedAt, endedAt, durationMs, reason, summary } = runFacts(run.state);
  const missing = missingFiles(summary?.files);
  const isIncomplete = run.state.status === "succeeded" && missing.length > 0;
  return {
    task_name: run.name,
    action: "build.run",
    start_time: startedAt,
    end_time: endedAt,
    duration_ms: durationMs,
    status: isIncomplete ? "failed" : run.state.status,
    exit_code: exitCodeOf(run.state),
    message: missing.length > 0 ? `missing outputs: ${missing.join(", ")}` : (reason ?? ""),
    run_id: run.id,
  };
}

export interface RecordedTask {
  readonly task: Task;
  /** As people call it. */
  readonly name: string;
  readonly progress: Progress;
  /** When the newest of its builds and other actions began. */
  readonly lastRun: string | null;
}

export async function writeTaskRecord(path: string, { task, name, progress, lastRun }: RecordedTask): Promise<void> {
  const record: TaskRecord = {
    name,
    description: task.plan?.description ?? task.title,
    repo: task.plan?.repo ?? "orchastration",
    status: progress,
    last_run: lastRun,
    outputs: [...(task.plan?.outputs ?? [])],
    documents: [...(task.plan?.documents ?? [])],
  };
  await writeJson(path, record);
}
