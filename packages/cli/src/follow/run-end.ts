import type { ResilientClient } from "@orchastration/client";
import { entityOfRun } from "@orchastration/protocol";
import type { EventName, EventNotification, EventPayload, Run, RunState } from "@orchastration/protocol/contract";

const LIVE = ["queued", "preparing", "running", "stopping"] as const;

type LiveState = Extract<RunState, { status: (typeof LIVE)[number] }>;
export type EndedState = Exclude<RunState, LiveState>;

export function isEnded(state: RunState): state is EndedState {
  return !LIVE.some((status) => status === state.status);
}

export function hasStarted(state: RunState): boolean {
  return state.status !== "queued" && state.status !== "preparing";
}

/** Answers once a run has a process, or has ended without one. */
export async function untilStarted(client: Pick<ResilientClient, "subscribe">, run: Run): Promise<void> {
  if (hasStarted(run.state)) return;
  const { promise: started, resolve } = Promise.withResolvers<void>();
  const subscription = await client.subscribe(
    { since: run.eventSeq, filter: { entities: [entityOfRun(run.id)], names: ["run.*"] } },
    (event) => {
      if (event.name === "run.launched" || endedStateOf(event, null) !== undefined) resolve();
    },
  );
  await Promise.race([started, subscription.ended]);
}

/** Answers how a run ended once that is committed, and names each of its events on the way there. */
export async function untilEnded(
  client: Pick<ResilientClient, "subscribe">,
  run: Run,
  onEvent: (name: string) => void = () => {},
): Promise<EndedState> {
  if (isEnded(run.state)) return run.state;
  const { promise, resolve } = Promise.withResolvers<EndedState>();
  let startedAt = "startedAt" in run.state ? run.state.startedAt : null;
  const subscription = await client.subscribe(
    { since: run.eventSeq, filter: { entities: [entityOfRun(run.id)], names: ["run.*"] } },
    (event) => {
      if (event.name === "run.launched") startedAt = payloadOf<"run.launched">(event).startedAt;
      onEvent(event.name);
      const state = endedStateOf(event, startedAt);
      if (state !== undefined) resolve(state);
    },
  );
  // Rejects when no further event will come; it never resolves before we unsubscribe.
  await Promise.race([promise, subscription.ended]);
  return await promise;
}

/** The state that an event leads to; undefined when the run goes on. */
function endedStateOf(event: EventNotification, startedAt: string | null): EndedState | undefined {
  switch (event.name) {
    case "run.succeeded": {
      const { run: _, ...end } = payloadOf<"run.succeeded">(event);
      return { status: "succeeded", startedAt: startedAt ?? end.endedAt, ...end };
    }
    case "run.timedOut": {
      const { run: _, ...end } = payloadOf<"run.timedOut">(event);
      return { status: "timed_out", startedAt: startedAt ?? end.endedAt, ...end };
    }
    case "run.failed": {
      const { run: _, ...end } = payloadOf<"run.failed">(event);
      return { status: "failed", startedAt, ...end };
    }
    case "run.stopped": {
      const { run: _, ...end } = payloadOf<"run.stopped">(event);
      return { status: "stopped", startedAt, ...end };
    }
    case "run.lost": {
      const { run: _, ...end } = payloadOf<"run.lost">(event);
      return { status: "lost", startedAt, ...end };
    }
    case "run.cancelled": {
      const { run: _, ...end } = payloadOf<"run.cancelled">(event);
      return { status: "cancelled", ...end };
    }
    default:
      return undefined;
  }
}

/** The daemon sends what the contract says for the event's name. */
function payloadOf<N extends EventName>({ payload }: EventNotification): EventPayload<N> {
  return payload as EventPayload<N>;
}
