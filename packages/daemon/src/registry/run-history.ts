import { entityOfRun } from "@orchastration/protocol";
import type { Run, RunState, StoredEvent } from "@orchastration/protocol/contract";
import { type Ending, hasEnded, type RunEvent } from "../domain/run-machine.ts";
import { parseEvent } from "./parse-event.ts";

/**
 * The state after an event. Of the state before, only the launch is still needed: the declaration, the launch and the newest event say
 * everything about a run.
 */
export function stateAfter(before: RunState, event: RunEvent): RunState {
  switch (event.name) {
    case "run.queued":
      return { status: "queued" };
    case "run.prepared":
      return { status: "preparing" };
    case "run.launched": {
      const { startedAt, process } = event.payload;
      return { status: "running", startedAt, process };
    }
    case "run.stopRequested": {
      if (before.status !== "running") throw new Error(`run ${event.payload.run} was stopped while ${before.status}`);
      return { ...before, status: "stopping", reason: event.payload.reason };
    }
    case "run.succeeded":
      return { status: "succeeded", startedAt: launchOf(before, event), ...endingOf(event.payload) };
    case "run.timedOut": {
      const { reason } = event.payload;
      return { status: "timed_out", startedAt: launchOf(before, event), ...endingOf(event.payload), reason };
    }
    case "run.failed":
      return { status: "failed", startedAt: startOf(before), ...endingOf(event.payload), reason: event.payload.reason };
    case "run.stopped":
      return {
        status: "stopped",
        startedAt: startOf(before),
        ...endingOf(event.payload),
        reason: event.payload.reason,
      };
    case "run.lost":
      return { status: "lost", startedAt: startOf(before), ...endingOf(event.payload), reason: event.payload.reason };
    case "run.cancelled": {
      const { endedAt, reason } = event.payload;
      return { status: "cancelled", endedAt, reason };
    }
  }
}

function startOf(state: RunState): string | null {
  return "startedAt" in state ? state.startedAt : null;
}

function launchOf(state: RunState, { name, payload }: Extract<RunEvent, { payload: Ending }>): string {
  const startedAt = startOf(state);
  if (startedAt === null) throw new Error(`${name} of run ${payload.run}, which was never launched`);
  return startedAt;
}

function endingOf({ endedAt, durationMs, exit, summary }: Ending): Ending {
  return { endedAt, durationMs, exit, summary };
}

/** Follows a log from its first event, and holds the runs that have not ended. */
export interface RunReplay {
  /**
   * The run that ended with this event, if one did.
   * @throws Error when the event does not follow from those before it; the message names its seq
   */
  apply(stored: StoredEvent): Run | undefined;
  unfinished(): Iterable<Run>;
}

export function createRunReplay(): RunReplay {
  const unfinished = new Map<string, Run>();
  return {
    apply(stored) {
      const event = parseEvent("run", stored);
      if (event === undefined) return undefined;
      const run = runAfter(unfinished, event, stored);
      if (!hasEnded(run.state)) {
        unfinished.set(run.id, run);
        return undefined;
      }
      unfinished.delete(run.id);
      return run;
    },
    unfinished: () => unfinished.values(),
  };
}

/** The runs that a log tells of, from the log alone: each once, an ended one with its last event, the others after the end of the log. */
export function* rebuildRuns(log: Iterable<StoredEvent>): Generator<Run> {
  const replay = createRunReplay();
  for (const stored of log) {
    const ended = replay.apply(stored);
    if (ended !== undefined) yield ended;
  }
  yield* replay.unfinished();
}

function runAfter(unfinished: ReadonlyMap<string, Run>, event: RunEvent, { seq, hash, entity }: StoredEvent): Run {
  const isFirst = event.name === "run.queued";
  const id = isFirst ? event.payload.run.id : event.payload.run;
  if (entity !== entityOfRun(id)) throw new Error(`event ${seq} is of ${entity} and speaks of run ${id}`);
  const before = unfinished.get(id);
  const place = { eventSeq: seq, eventHash: hash };
  if (isFirst) {
    if (before !== undefined) throw new Error(`event ${seq} queues run ${id} again`);
    return { ...event.payload.run, state: { status: "queued" }, ...place };
  }
  if (before === undefined) throw new Error(`event ${seq} is of run ${id}, which was never queued or has ended`);
  return { ...before, state: stateAfter(before.state, event), ...place };
}
