import type { Orchestration, OrchestrationStep } from "@orchastration/protocol/contract";
import {
  type LaterOrchestrationEvent,
  type OrchestrationEvent,
  requireOrchestrationEvent,
} from "./orchestration-machine.ts";
import { applyChanges } from "./shared-context.ts";

/**
 * The orchestration after an event. The registry keeps what this says, and a log read from its beginning says the same.
 * @throws Error when the event cannot follow
 */
export function orchestrationAfter(
  before: Orchestration | undefined,
  event: OrchestrationEvent,
  eventSeq: number,
): Orchestration {
  if (event.name === "orchestration.started") {
    const { orchestration } = event.payload;
    if (before !== undefined) throw new Error(`orchestration ${before.id} is started again`);
    return { ...orchestration, groupContext: orchestration.context, steps: [], state: { status: "running" }, eventSeq };
  }
  if (before === undefined) {
    throw new Error(`${event.name} of orchestration ${event.payload.orchestration}, which was never started`);
  }
  requireOrchestrationEvent(before, event);
  return { ...before, ...changeOf(before, event), eventSeq };
}

function changeOf(before: Orchestration, event: LaterOrchestrationEvent): Partial<Orchestration> {
  switch (event.name) {
    case "orchestration.stepStarted": {
      const { group, place, run, startedAt } = event.payload;
      const role = before.groups[group]?.[place];
      if (role === undefined) throw new Error(`orchestration ${before.name} has no step ${group}.${place}`);
      if (findStep(before, group, place) !== undefined) throw new Error(`step ${group}.${place} is started again`);
      const step: OrchestrationStep = { group, place, role, run, startedAt, state: { status: "running" } };
      const isFirst = !before.steps.some((other) => other.group === group);
      return { steps: [...before.steps, step], ...(isFirst ? { groupContext: before.context } : {}) };
    }
    case "orchestration.stepEnded": {
      const { group, place, outcome, endedAt, durationMs, message, changes } = event.payload;
      const step = findStep(before, group, place);
      if (step?.state.status !== "running") throw new Error(`step ${group}.${place} ends without having begun`);
      const ended: OrchestrationStep = {
        ...step,
        state: { status: outcome, endedAt, durationMs, message, changes },
      };
      return {
        steps: before.steps.map((other) => (other === step ? ended : other)),
        context: applyChanges(before.context, before.groupContext, changes),
      };
    }
    case "orchestration.stopRequested":
      return { state: { status: "stopping" } };
    case "orchestration.ended": {
      const { outcome, endedAt, durationMs, message } = event.payload;
      if (before.steps.some(({ state }) => state.status === "running")) {
        throw new Error(`orchestration ${before.name} ends while a step is running`);
      }
      return { state: { status: outcome, endedAt, durationMs, message } };
    }
  }
}

function findStep({ steps }: Orchestration, group: number, place: number): OrchestrationStep | undefined {
  return steps.find((step) => step.group === group && step.place === place);
}
