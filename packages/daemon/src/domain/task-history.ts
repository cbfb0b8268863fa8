import type { RestingState, Task, TaskState } from "@orchastration/protocol/contract";
import { isResting, type TaskEvent } from "./task-machine.ts";

/** A task and whether it has been removed: a removed one is remembered so that its number is never given again. */
export interface TaskFact {
  readonly task: Task;
  readonly isRemoved: boolean;
}

/**
 * The task after an event. The registry keeps what this says, and a log read from its beginning says the same.
 * @throws Error when the event cannot follow
 */
export function taskAfter(before: TaskFact | undefined, event: TaskEvent, eventSeq: number): TaskFact {
  if (event.name === "task.created") {
    if (before !== undefined) throw new Error(`task ${before.task.id} is created again`);
    const task: Task = {
      ...event.payload.task,
      lease: null,
      run: null,
      conversation: null,
      mergeIntent: null,
      state: { status: "draft" },
      eventSeq,
    };
    return { task, isRemoved: false };
  }
  if (before === undefined || before.isRemoved) {
    throw new Error(`${event.name} of task ${event.payload.task}, which was never created or has been removed`);
  }
  if (event.name === "task.removed") return { task: { ...before.task, eventSeq }, isRemoved: true };
  return { task: { ...before.task, ...changeOf(before.task, event), eventSeq }, isRemoved: false };
}

type LaterEvent = Exclude<TaskEvent, { readonly name: "task.created" | "task.removed" }>;

function changeOf({ state, lease }: Task, event: LaterEvent): Partial<Task> {
  switch (event.name) {
    case "task.edited": {
      const { title, baseBranch, agent, labels } = event.payload;
      return { title, baseBranch, agent, labels };
    }
    case "task.queued":
      if (!isResting(state)) throw new Error(`${event.name} while ${state.status}`);
      return { state: { status: "queued", before: state }, run: event.payload.run };
    case "task.admitted":
      return { state: { status: "starting", before: before(state, event) } };
    case "task.startCancelled":
    case "task.startUndone":
      return { state: before(state, event) };
    case "task.started":
    case "task.continued":
    case "task.becameActive":
      return { state: { status: "running" } };
    case "task.becameIdle": {
      const { source, reason, since } = event.payload;
      return { state: { status: "idle", source, reason, since } };
    }
    case "task.stopped":
      return { state: { status: "stopped", reason: event.payload.reason } };
    case "task.completed":
      return { state: { status: "completed", reason: event.payload.reason } };
    case "task.failed":
      return { state: { status: "failed", reason: event.payload.reason } };
    case "task.reviewed":
      return { state: { status: "reviewed" } };
    case "task.sessionEnded":
      return {};
    case "task.worktreePlanned":
      return { lease: event.payload.lease };
    case "task.worktreeMade":
      return lease === null ? {} : { lease: { ...lease, stage: "made" } };
    case "task.worktreePrepared":
      return lease === null ? {} : { lease: { ...lease, stage: "prepared" } };
    case "task.worktreeRemoved":
      return { lease: null };
    case "task.conversationSet":
      return { conversation: event.payload.conversation };
    case "task.mergeIntended":
      return { mergeIntent: event.payload.intent };
    case "task.mergeAbandoned":
      return { mergeIntent: null };
    case "task.planned":
      return { plan: event.payload.plan };
    case "task.documented":
      return { documents: event.payload.documents };
    case "task.actionEnded":
      return { actedAt: event.payload.startedAt };
    case "task.branchCreated":
    case "task.issueRequested":
      return {};
    case "task.issueCreated":
      return { issue: event.payload.url };
    case "task.merged": {
      const { merge, mergedAt } = event.payload;
      return { mergeIntent: null, state: { status: "merged", into: merge.into, commit: merge.result, mergedAt } };
    }
  }
}

function before(state: TaskState, { name }: LaterEvent): RestingState {
  if (state.status !== "queued" && state.status !== "starting") throw new Error(`${name} while ${state.status}`);
  return state.before;
}
