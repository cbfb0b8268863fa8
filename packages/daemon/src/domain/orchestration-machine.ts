import type { EventOf, Orchestration, OrchestrationState } from "@orchastration/protocol/contract";
import { requireTransition, type TransitionTable, type TriggerWords } from "./machine.ts";

export type OrchestrationStatus = OrchestrationState["status"];
export type OrchestrationTrigger = "begin" | "finish" | "stop" | "end";

export type OrchestrationEvent = EventOf<"orchestration">;
export type StartedOrchestration = Extract<OrchestrationEvent, { readonly name: "orchestration.started" }>;
export type LaterOrchestrationEvent = Exclude<OrchestrationEvent, StartedOrchestration>;

/** `begin` and `finish` are of its steps: none begins any more in one that is being stopped. */
export const ORCHESTRATION_TRANSITIONS = {
  running: {
    begin: ["running"],
    finish: ["running"],
    stop: ["stopping"],
    end: ["completed", "failed", "stopped", "interrupted"],
  },
  stopping: { finish: ["stopping"], end: ["completed", "failed", "stopped", "interrupted"] },
  completed: {},
  failed: {},
  stopped: {},
  interrupted: {},
} as const satisfies TransitionTable<OrchestrationStatus, OrchestrationTrigger>;

const WORDS = {
  begin: { passive: "continued" },
  finish: { passive: "continued" },
  stop: { passive: "stopped", command: "stop" },
  end: { passive: "ended" },
} as const satisfies Record<OrchestrationTrigger, TriggerWords>;

const STATES = {
  running: "is running",
  stopping: "is being stopped",
  completed: "has completed",
  failed: "has failed",
  stopped: "was stopped",
  interrupted: "was interrupted",
} as const satisfies Record<OrchestrationStatus, string>;

const TRIGGERS = {
  "orchestration.stepStarted": "begin",
  "orchestration.stepEnded": "finish",
  "orchestration.stopRequested": "stop",
  "orchestration.ended": "end",
} as const satisfies Record<LaterOrchestrationEvent["name"], OrchestrationTrigger>;

/** @throws OrchastrationError IllegalTransition */
export function requireOrchestrationEvent(
  { name, state }: Pick<Orchestration, "name" | "state">,
  event: LaterOrchestrationEvent,
): void {
  const words = { entity: `orchestration ${name}`, states: STATES };
  requireTransition(ORCHESTRATION_TRANSITIONS, WORDS, words, state.status, TRIGGERS[event.name]);
}

export type EndedOrchestration = Orchestration & {
  readonly state: Exclude<OrchestrationState, { readonly status: "running" | "stopping" }>;
};

export function hasOrchestrationEnded(orchestration: Orchestration): orchestration is EndedOrchestration {
  const { status } = orchestration.state;
  return status !== "running" && status !== "stopping";
}
