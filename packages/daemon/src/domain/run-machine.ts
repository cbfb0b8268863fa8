import type {
  EventOf,
  Exit,
  OutputSummary,
  ProcessIdentity,
  RunState,
  RunStatus,
  StartStep,
  StopReason,
} from "@orchastration/protocol/contract";
import { requireTransition, type TransitionTable, type TriggerWords } from "./machine.ts";

/** How a run that had a process ended. `exit` is null when nobody saw it. Times RFC 3339; `durationMs` is monotonic. */
export interface Ending {
  readonly endedAt: string;
  readonly durationMs: number;
  readonly exit: Exit | null;
  readonly summary: OutputSummary;
}

export type RunTrigger =
  | { readonly type: "prepare" }
  | { readonly type: "cancel"; readonly endedAt: string; readonly reason: string }
  | { readonly type: "launch"; readonly startedAt: string; readonly process: ProcessIdentity }
  | ({ readonly type: "fail"; readonly reason: string; readonly step?: StartStep } & Ending)
  | { readonly type: "interrupt"; readonly reason: StopReason }
  | ({ readonly type: "stop"; readonly reason: string } & Ending)
  | ({ readonly type: "exit" } & Ending)
  | ({ readonly type: "lose"; readonly reason: string } & Ending);

export type RunTriggerType = RunTrigger["type"];

/**
 * The life of a run. `interrupt` is the beginning of a stop, whoever asked for it: a person, the timeout, the output limit.
 * `lose` from preparing: daemon and supervisor died together after the spawn and before its record (docs/adr/0002-processes.md).
 */
export const RUN_TRANSITIONS = {
  queued: { prepare: ["preparing"], cancel: ["cancelled"] },
  preparing: { launch: ["running"], fail: ["failed"], stop: ["stopped"], lose: ["lost"] },
  running: { interrupt: ["stopping"], exit: ["succeeded", "failed"], lose: ["lost"] },
  stopping: { exit: ["timed_out", "stopped", "failed"], lose: ["lost"] },
  succeeded: {},
  failed: {},
  timed_out: {},
  stopped: {},
  cancelled: {},
  lost: {},
} as const satisfies TransitionTable<RunStatus, RunTriggerType>;

const RUN_TRIGGER_WORDS = {
  prepare: { passive: "prepared" },
  cancel: { passive: "cancelled", command: "cancel" },
  launch: { passive: "launched" },
  fail: { passive: "failed" },
  interrupt: { passive: "stopped", command: "stop" },
  stop: { passive: "stopped", command: "stop" },
  exit: { passive: "ended" },
  lose: { passive: "lost" },
} as const satisfies Record<RunTriggerType, TriggerWords>;

const RUN_STATUS_WORDS = {
  queued: "is queued",
  preparing: "is being started",
  running: "is running",
  stopping: "is being stopped",
  succeeded: "has succeeded",
  failed: "has failed",
  timed_out: "has timed out",
  stopped: "was stopped",
  cancelled: "was cancelled",
  lost: "was lost",
} as const satisfies Record<RunStatus, string>;

export type EndedRunState = Extract<RunState, { endedAt: string }>;

export function hasEnded(state: RunState): state is EndedRunState {
  return "endedAt" in state;
}

/** A run's event, ready for the log. */
export type RunEvent = EventOf<"run">;

export interface Advance {
  readonly state: RunState;
  readonly event: RunEvent;
}

/**
 * The one place where a run changes its status: the next state, and the event that says so.
 * @throws OrchastrationError IllegalTransition
 */
export function advanceRun(id: string, from: RunState, trigger: RunTrigger): Advance {
  requireTransition<RunStatus, RunTriggerType>(
    RUN_TRANSITIONS,
    RUN_TRIGGER_WORDS,
    { entity: `run ${id}`, states: RUN_STATUS_WORDS },
    from.status,
    trigger.type,
  );
  switch (trigger.type) {
    case "prepare":
      return { state: { status: "preparing" }, event: { name: "run.prepared", payload: { run: id } } };
    case "cancel": {
      const { endedAt, reason } = trigger;
      return {
        state: { status: "cancelled", endedAt, reason },
        event: { name: "run.cancelled", payload: { run: id, endedAt, reason } },
      };
    }
    case "launch": {
      const { startedAt, process } = trigger;
      return {
        state: { status: "running", startedAt, process },
        event: { name: "run.launched", payload: { run: id, process, startedAt } },
      };
    }
    case "interrupt": {
      if (from.status !== "running") throw new Error(`the table let ${from.status} be interrupted`);
      return {
        state: { ...from, status: "stopping", reason: trigger.reason },
        event: { name: "run.stopRequested", payload: { run: id, reason: trigger.reason } },
      };
    }
    case "fail":
      return failed(id, startOf(from), endingOf(trigger), trigger.reason, trigger.step);
    case "stop":
      return stopped(id, startOf(from), endingOf(trigger), trigger.reason);
    case "lose": {
      const ending = endingOf(trigger);
      const { reason } = trigger;
      return {
        state: { status: "lost", startedAt: startOf(from), ...ending, reason },
        event: { name: "run.lost", payload: { run: id, ...ending, reason } },
      };
    }
    case "exit":
      return exited(id, from, endingOf(trigger));
  }
}

function exited(id: string, from: RunState, ending: Ending): Advance {
  if (from.status !== "running" && from.status !== "stopping") throw new Error(`the table let ${from.status} exit`);
  const { startedAt } = from;
  if (from.status === "running") {
    if (ending.exit !== null && "code" in ending.exit && ending.exit.code === 0) {
      return {
        state: { status: "succeeded", startedAt, ...ending },
        event: { name: "run.succeeded", payload: { run: id, ...ending } },
      };
    }
    return failed(id, startedAt, ending, null);
  }
  switch (from.reason) {
    case "stopped":
      return stopped(id, startedAt, ending, "stopped on request");
    case "output_limit":
      return failed(id, startedAt, ending, "output_limit: more output than journal.max_bytes_per_session allows");
    case "timed_out": {
      const reason = "ran longer than its timeout";
      return {
        state: { status: "timed_out", startedAt, ...ending, reason },
        event: { name: "run.timedOut", payload: { run: id, ...ending, reason } },
      };
    }
  }
}

function failed(
  id: string,
  startedAt: string | null,
  ending: Ending,
  reason: string | null,
  step?: StartStep,
): Advance {
  return {
    state: { status: "failed", startedAt, ...ending, reason },
    event: { name: "run.failed", payload: { run: id, ...ending, reason, ...(step === undefined ? {} : { step }) } },
  };
}

function stopped(id: string, startedAt: string | null, ending: Ending, reason: string): Advance {
  return {
    state: { status: "stopped", startedAt, ...ending, reason },
    event: { name: "run.stopped", payload: { run: id, ...ending, reason } },
  };
}

function startOf(state: RunState): string | null {
  return "startedAt" in state ? state.startedAt : null;
}

function endingOf({ endedAt, durationMs, exit, summary }: Ending): Ending {
  return { endedAt, durationMs, exit, summary };
}
