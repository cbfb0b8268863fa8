import { missingFiles } from "@orchastration/protocol";
import type { Exit, OutputSummary, Run, Task } from "@orchastration/protocol/contract";
import type { RunEvent } from "./run-machine.ts";
import { advanceTask, type ExitOutcome, TASK_TRANSITIONS, type TaskEvent, type TaskTrigger } from "./task-machine.ts";

/**
 * What an event of a run means for its task: the task's own event, which goes into the same transaction, so that no crash ever leaves a task running
 * whose session has ended. Undefined when it means nothing: the run does not drive the task, or the task has moved on to another run.
 */
export function taskEventFor(task: Task, run: Run, event: RunEvent): TaskEvent | undefined {
  if (run.task === undefined || !drives(run)) return undefined;
  if (event.name !== "run.queued" && task.run !== run.id) return undefined;
  const trigger = triggerFor(task, run, event);
  // A run may end in ways that are news to nobody any more: a stop whose task was merged meanwhile.
  if (trigger === undefined || (event.name !== "run.queued" && !accepts(task, trigger))) return undefined;
  return advanceTask(task, trigger);
}

/** Whether the run's life is its task's, as an agent's is and a set-up's is not. */
function drives({ kind }: Pick<Run, "kind">): boolean {
  return kind === "agent" || kind === "build";
}

function triggerFor({ state }: Task, run: Run, event: RunEvent): TaskTrigger | undefined {
  switch (event.name) {
    case "run.queued":
      return { type: "start", run: run.id };
    case "run.prepared":
      return { type: "admit" };
    case "run.launched":
      return { type: "live" };
    case "run.stopRequested":
      return undefined;
    case "run.cancelled":
      return { type: "cancel" };
    case "run.stopped":
      return { type: "stop", reason: event.payload.reason };
    case "run.lost":
      return { type: "lose", reason: event.payload.reason };
    case "run.timedOut":
      return { type: "exit", outcome: { status: "failed", reason: event.payload.reason } };
    case "run.succeeded":
      return { type: "exit", outcome: outcomeOf(run, event.payload.exit, complaintOf(run, event.payload.summary)) };
    case "run.failed": {
      const { exit, reason, step } = event.payload;
      if (state.status !== "starting") return { type: "exit", outcome: outcomeOf(run, exit, reason) };
      const why = reason ?? "it could not be started";
      // Without a step the daemon ended in between. What is worth a look is kept; of everything else nothing was left.
      return step === "setup" || step === "spawn" ? { type: "fail", reason: why } : { type: "undo", reason: why };
    }
  }
}

function outcomeOf({ task }: Run, exit: Exit | null, reason: string | null): ExitOutcome {
  const isSuccess = exit !== null && "code" in exit && exit.code === 0;
  if (isSuccess && reason === null && task?.onExit !== "stop") return { status: "completed", reason: null };
  const said = reason ?? howItEnded(exit);
  return task?.onExit === "outcome" ? { status: "failed", reason: said } : { status: "stopped", reason: said };
}

/** A command may end well and leave its task undone. */
function complaintOf({ task }: Run, { files }: OutputSummary): string | null {
  const missing = missingFiles(files);
  if (task?.onExit !== "outcome" || missing.length === 0) return null;
  return `its command ended well, but declared outputs are missing: ${missing.join(", ")}`;
}

function howItEnded(exit: Exit | null): string {
  if (exit === null) return "it ended, and nobody saw how";
  return "code" in exit ? `it ended with exit code ${exit.code}` : `it was ended by ${exit.signal}`;
}

function accepts({ state }: Task, { type }: TaskTrigger): boolean {
  return Object.hasOwn(TASK_TRANSITIONS[state.status], type);
}
