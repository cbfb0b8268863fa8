import type {
  ChangedInput,
  ObservedFile,
  Plan,
  Progress,
  Staleness,
  Task,
  TaskAction,
  TaskDocuments,
  TaskStatus,
  TaskWork,
} from "@orchastration/protocol/contract";
import type { TaskEvent } from "./task-machine.ts";

/** The older word for the state of a task. A draft is where its configuration lets it begin. */
export function progressOf(status: TaskStatus, begins: Progress): Progress {
  switch (status) {
    case "draft":
      return begins;
    case "queued":
    case "starting":
    case "running":
    case "idle":
    case "stopped":
    case "failed":
      return "in_progress";
    case "completed":
    case "reviewed":
    case "merged":
      return "done";
  }
}

/** What the configuration says otherwise than the plan. `allowed`: patterns of the environment names that pass from the caller. */
export function staleFields(plan: Plan, work: TaskWork, allowed: readonly string[]): Staleness[] {
  const compared: readonly Staleness[] = [
    { field: "argv", planned: plan.argv, configured: work.argv },
    { field: "working_dir", planned: plan.workingDir, configured: work.workingDir },
    { field: "environment", planned: plan.environment.allowed, configured: allowed },
    { field: "outputs", planned: plan.outputs, configured: work.outputs },
    { field: "documents", planned: plan.documents, configured: work.documents },
  ];
  return compared.filter(({ planned, configured }) => !isSame(planned, configured));
}

/** Inputs that are not what they were. Those of the plan first, in its order. */
export function changedInputs(planned: readonly ObservedFile[], found: readonly ObservedFile[]): ChangedInput[] {
  const before = new Map(planned.map((file) => [file.path, file]));
  const now = new Map(found.map((file) => [file.path, file]));
  return [...new Set([...before.keys(), ...now.keys()])].flatMap((path) => {
    const change = { path, planned: before.get(path) ?? null, found: now.get(path) ?? null };
    return isSameFile(change.planned, change.found) ? [] : [change];
  });
}

/** Something that was done for a task and is no run. */
export interface EndedAction {
  readonly action: TaskAction;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
  readonly status: "succeeded" | "failed";
  readonly message: string;
  readonly recordPath: string;
}

export function planned({ id }: Task, plan: Plan): TaskEvent {
  return { name: "task.planned", payload: { task: id, plan } };
}

export function documented({ id }: Task, documents: TaskDocuments): TaskEvent {
  return { name: "task.documented", payload: { task: id, documents } };
}

export function actionEnded({ id }: Task, action: EndedAction): TaskEvent {
  return { name: "task.actionEnded", payload: { task: id, ...action } };
}

/** Of values whose fields stand in one order. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isSameFile(a: ObservedFile | null, b: ObservedFile | null): boolean {
  return a === null || b === null ? a === b : a.sha256 === b.sha256 && a.bytes === b.bytes;
}
