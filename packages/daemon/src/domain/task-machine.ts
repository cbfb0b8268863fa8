import { taskName } from "@orchastration/protocol";
import type {
  AuthoredTask,
  EventOf,
  Lease,
  MergeIntent,
  RestingState,
  Task,
  TaskStatus,
} from "@orchastration/protocol/contract";
import { requireTransition, type TransitionTable, type TriggerWords } from "./machine.ts";

/** A task's event, ready for the log. */
export type TaskEvent = EventOf<"task">;

export type TaskTrigger =
  | { readonly type: "start"; readonly run: string }
  | { readonly type: "admit" }
  | { readonly type: "cancel" }
  | { readonly type: "undo"; readonly reason: string }
  | { readonly type: "live" }
  | { readonly type: "continue" }
  | { readonly type: "idle"; readonly source: string; readonly reason: string; readonly since: string }
  | { readonly type: "active" }
  | { readonly type: "exit"; readonly outcome: ExitOutcome }
  | { readonly type: "stop"; readonly reason: string }
  | { readonly type: "lose"; readonly reason: string }
  | { readonly type: "complete"; readonly reason: string | null }
  | { readonly type: "fail"; readonly reason: string }
  | { readonly type: "review" }
  | { readonly type: "merge"; readonly merge: MergeIntent; readonly mergedAt: string };

/** What the end of a session means for its task. */
export type ExitOutcome =
  | { readonly status: "stopped" | "failed"; readonly reason: string }
  | { readonly status: "completed"; readonly reason: string | null };

export type TaskTriggerType = TaskTrigger["type"];

/**
 * The life of a task. `undo` is a start that came to nothing before its agent did anything, `continue` a finished task whose agent still lives and
 * is given more to do (docs/adr/0009-tasks.md). A finished task keeps its word when its session ends.
 */
export const TASK_TRANSITIONS = {
  draft: { start: ["queued"], complete: ["completed"], fail: ["failed"] },
  queued: { admit: ["starting"], cancel: ["draft", "stopped", "failed", "completed", "reviewed"] },
  starting: {
    live: ["running"],
    fail: ["failed"],
    stop: ["stopped"],
    lose: ["stopped"],
    undo: ["draft", "stopped", "failed", "completed", "reviewed"],
  },
  running: {
    idle: ["idle"],
    exit: ["stopped", "completed", "failed"],
    stop: ["stopped"],
    complete: ["completed"],
    fail: ["failed"],
    lose: ["stopped"],
  },
  idle: {
    active: ["running"],
    idle: ["idle"],
    exit: ["stopped", "completed", "failed"],
    stop: ["stopped"],
    complete: ["completed"],
    fail: ["failed"],
    lose: ["stopped"],
  },
  stopped: { start: ["queued"], complete: ["completed"], fail: ["failed"] },
  failed: {
    start: ["queued"],
    continue: ["running"],
    complete: ["completed"],
    exit: ["failed"],
    stop: ["failed"],
    lose: ["failed"],
  },
  completed: {
    start: ["queued"],
    continue: ["running"],
    review: ["reviewed"],
    merge: ["merged"],
    fail: ["failed"],
    exit: ["completed"],
    stop: ["completed"],
    lose: ["completed"],
  },
  reviewed: {
    start: ["queued"],
    continue: ["running"],
    merge: ["merged"],
    fail: ["failed"],
    exit: ["reviewed"],
    stop: ["reviewed"],
    lose: ["reviewed"],
  },
  merged: {},
} as const satisfies TransitionTable<TaskStatus, TaskTriggerType>;

const TASK_TRIGGER_WORDS = {
  start: { passive: "started", command: "start" },
  admit: { passive: "admitted" },
  cancel: { passive: "taken out of the queue", command: "stop" },
  undo: { passive: "put back" },
  live: { passive: "running" },
  continue: { passive: "continued" },
  idle: { passive: "idle", command: "idle" },
  active: { passive: "active" },
  exit: { passive: "ended" },
  stop: { passive: "stopped", command: "stop" },
  lose: { passive: "lost" },
  complete: { passive: "completed", command: "complete" },
  fail: { passive: "failed", command: "fail" },
  review: { passive: "reviewed", command: "reviewed" },
  merge: { passive: "merged", command: "merge" },
} as const satisfies Record<TaskTriggerType, TriggerWords>;

const TASK_STATUS_WORDS = {
  draft: "is a draft",
  queued: "waits in the queue",
  starting: "is being started",
  running: "is running",
  idle: "is idle",
  stopped: "is stopped",
  failed: "has failed",
  completed: "is completed",
  reviewed: "is reviewed",
  merged: "is merged",
} as const satisfies Record<TaskStatus, string>;

const AT_END = "Its work is in its base; clean up with `orchastration gc`.";

/** Refuses a trigger that the table does not list for the task's state. @throws OrchastrationError IllegalTransition */
export function requireTaskTransition(task: Task, trigger: TaskTriggerType): void {
  requireTransition<TaskStatus, TaskTriggerType>(
    TASK_TRANSITIONS,
    TASK_TRIGGER_WORDS,
    { entity: `task ${taskName(task)}`, states: TASK_STATUS_WORDS, atEnd: AT_END },
    task.state.status,
    trigger,
  );
}

/**
 * The one place where a task changes its status: the event that says so.
 * @throws OrchastrationError IllegalTransition
 */
export function advanceTask(task: Task, trigger: TaskTrigger): TaskEvent {
  requireTaskTransition(task, trigger.type);
  const { id } = task;
  switch (trigger.type) {
    case "start":
      return { name: "task.queued", payload: { task: id, run: trigger.run } };
    case "admit":
      return { name: "task.admitted", payload: { task: id } };
    case "cancel":
      return { name: "task.startCancelled", payload: { task: id } };
    case "undo":
      return { name: "task.startUndone", payload: { task: id, reason: trigger.reason } };
    case "live":
      return { name: "task.started", payload: { task: id } };
    case "continue":
      return { name: "task.continued", payload: { task: id } };
    case "idle": {
      const { source, reason, since } = trigger;
      return { name: "task.becameIdle", payload: { task: id, source, reason, since } };
    }
    case "active":
      return { name: "task.becameActive", payload: { task: id } };
    case "exit":
      return keepsItsWord(task) ? sessionEnded(id) : ended(id, trigger.outcome);
    case "stop":
    case "lose":
      return keepsItsWord(task)
        ? sessionEnded(id)
        : { name: "task.stopped", payload: { task: id, reason: trigger.reason } };
    case "complete":
      return { name: "task.completed", payload: { task: id, reason: trigger.reason } };
    case "fail":
      return { name: "task.failed", payload: { task: id, reason: trigger.reason } };
    case "review":
      return { name: "task.reviewed", payload: { task: id } };
    case "merge":
      return { name: "task.merged", payload: { task: id, merge: trigger.merge, mergedAt: trigger.mergedAt } };
  }
}

/** Changes that leave the status as it is; services decide when they may happen. */
export type TaskChange =
  | { readonly type: "edit"; readonly authored: AuthoredTask }
  | { readonly type: "lease"; readonly lease: Lease }
  | { readonly type: "made" }
  | { readonly type: "prepared" }
  | { readonly type: "release"; readonly backupRef: string | null }
  | { readonly type: "converse"; readonly conversation: string }
  | { readonly type: "intendMerge"; readonly intent: MergeIntent }
  | { readonly type: "abandonMerge"; readonly reason: string };

export function changeTask({ id }: Task, change: TaskChange): TaskEvent {
  switch (change.type) {
    case "edit":
      return { name: "task.edited", payload: { task: id, ...change.authored } };
    case "lease":
      return { name: "task.worktreePlanned", payload: { task: id, lease: change.lease } };
    case "made":
      return { name: "task.worktreeMade", payload: { task: id } };
    case "prepared":
      return { name: "task.worktreePrepared", payload: { task: id } };
    case "release":
      return { name: "task.worktreeRemoved", payload: { task: id, backupRef: change.backupRef } };
    case "converse":
      return { name: "task.conversationSet", payload: { task: id, conversation: change.conversation } };
    case "intendMerge":
      return { name: "task.mergeIntended", payload: { task: id, intent: change.intent } };
    case "abandonMerge":
      return { name: "task.mergeAbandoned", payload: { task: id, reason: change.reason } };
  }
}

/** Whether the task was declared finished, which the end of its session does not change. */
function keepsItsWord({ state: { status } }: Task): boolean {
  return status === "completed" || status === "reviewed" || status === "failed";
}

function sessionEnded(id: string): TaskEvent {
  return { name: "task.sessionEnded", payload: { task: id } };
}

function ended(task: string, outcome: ExitOutcome): TaskEvent {
  switch (outcome.status) {
    case "completed":
      return { name: "task.completed", payload: { task, reason: outcome.reason } };
    case "failed":
      return { name: "task.failed", payload: { task, reason: outcome.reason } };
    case "stopped":
      return { name: "task.stopped", payload: { task, reason: outcome.reason } };
  }
}

export function isResting(state: Task["state"]): state is RestingState {
  switch (state.status) {
    case "draft":
    case "stopped":
    case "failed":
    case "completed":
    case "reviewed":
      return true;
    case "queued":
    case "starting":
    case "running":
    case "idle":
    case "merged":
      return false;
  }
}
