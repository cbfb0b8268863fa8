import { OrchastrationError } from "@orchastration/protocol";
import type { Actor, Orchestration, OrchestrationOutcome, OrchestrationStep } from "@orchastration/protocol/contract";
import { DAEMON } from "../../domain/actors.ts";
import type { LaterOrchestrationEvent } from "../../domain/orchestration-machine.ts";
import type { Log } from "../../logging/log.ts";
import type { Registry } from "../../registry/registry.ts";
import type { RunOptions } from "../declare-run.ts";
import type { Persist } from "../persist.ts";
import type { RunEnds } from "../run-ends.ts";
import { failed, type RoleWork, type StepResult, type Work } from "./step.ts";

export interface Conduct {
  /** Leads a new orchestration through its groups, to its recorded end. */
  lead(orchestration: Orchestration, request: RunOptions, actor: Actor): Promise<void>;
  /**
   * Takes up one that a daemon left: the runs of its steps went on and are followed to their end. No further group begins, since what its roles would
   * inherit of whoever asked is gone.
   */
  takeUp(orchestration: Orchestration): Promise<void>;
  /** Nothing is begun or recorded any more: the next daemon takes up what is left. */
  close(): void;
}

export interface ConductDependencies {
  readonly registry: Registry;
  readonly roles: RoleWork;
  readonly runEnds: RunEnds;
  readonly stopRun: (id: string, actor: Actor) => Promise<void>;
  readonly persist: Persist;
  readonly now: () => Date;
  readonly log: Log;
}

type Place = Pick<OrchestrationStep, "group" | "place" | "role">;

export function createConduct(deps: ConductDependencies): Conduct {
  const { registry, roles, runEnds, stopRun, persist, now, log } = deps;
  let isClosed = false;

  async function record(event: LaterOrchestrationEvent, actor: Actor): Promise<Orchestration> {
    return await persist(() => registry.commit((tx) => tx.orchestrations.apply(event, actor)));
  }

  const current = ({ id }: Orchestration): Orchestration => registry.orchestrations.get(id);
  const isStopping = (orchestration: Orchestration): boolean => current(orchestration).state.status === "stopping";

  async function lead(orchestration: Orchestration, request: RunOptions, actor: Actor): Promise<void> {
    const first = orchestration.resumes?.groups ?? 0;
    for (const [group, members] of orchestration.groups.entries()) {
      if (group < first) continue;
      if (isClosed || isStopping(orchestration)) break;
      const before = current(orchestration);
      const given = { ...before, groupContext: before.context };
      await Promise.all(members.map((role, place) => performStep(given, { group, place, role }, request, actor)));
      if (current(orchestration).steps.some((step) => step.state.status !== "succeeded")) break;
    }
    await end(orchestration, undefined);
  }

  async function performStep(given: Orchestration, place: Place, request: RunOptions, actor: Actor): Promise<void> {
    const startedAt = now();
    const work = await prepare(given, place, request, actor);
    if (isClosed || !(await begin(given, place, work, startedAt, actor))) return;
    const performed = perform(work);
    // The stop came while the work was being begun: whoever asked saw no run yet.
    if (isStopping(given) && work.run !== null) await stopRun(work.run, actor);
    const result = await performed;
    if (result !== "left") await finish(given, place, startedAt, result);
  }

  async function prepare(given: Orchestration, place: Place, request: RunOptions, actor: Actor): Promise<Work> {
    try {
      return await roles.prepare({ ...place, orchestration: given, request, actor });
    } catch (error) {
      return { run: null, perform: () => Promise.reject(error) };
    }
  }

  /** False when it is being stopped by now. */
  async function begin(
    given: Orchestration,
    place: Place,
    work: Work,
    startedAt: Date,
    actor: Actor,
  ): Promise<boolean> {
    const payload = { orchestration: given.id, group: place.group, place: place.place, run: work.run };
    try {
      await record(
        { name: "orchestration.stepStarted", payload: { ...payload, startedAt: startedAt.toISOString() } },
        actor,
      );
      return true;
    } catch (error) {
      if (!(error instanceof OrchastrationError) || error.kind !== "IllegalTransition") throw error;
      if (work.run !== null && registry.runs.find(work.run) !== undefined) await stopRun(work.run, actor);
      return false;
    }
  }

  /** `left`: the daemon is about to end, and so it is the next one that sees the end of it. */
  async function perform(work: Work): Promise<StepResult | "left"> {
    try {
      return await work.perform();
    } catch (error) {
      if (isClosed || (error instanceof OrchastrationError && error.kind === "DaemonStopping")) return "left";
      if (error instanceof OrchastrationError) return failed(error.message);
      log.error("orchestration.failed", error instanceof Error ? (error.stack ?? error.message) : String(error));
      return failed("a defect of the daemon; its log has the details");
    }
  }

  async function finish(
    { id }: Orchestration,
    { group, place }: Place,
    startedAt: Date,
    { outcome, message, changes }: StepResult | (Omit<StepResult, "outcome"> & { readonly outcome: "interrupted" }),
  ): Promise<void> {
    const endedAt = now();
    const durationMs = Math.max(0, endedAt.getTime() - startedAt.getTime());
    const times = { endedAt: endedAt.toISOString(), durationMs };
    await record(
      {
        name: "orchestration.stepEnded",
        payload: { orchestration: id, group, place, outcome, ...times, message, changes },
      },
      DAEMON,
    );
  }

  /** @param interruption what is said when not all groups were worked through and no step is to blame */
  async function end(orchestration: Orchestration, interruption: string | undefined): Promise<void> {
    const last = current(orchestration);
    // One that is left to the next daemon stays as it is.
    if (isClosed || last.steps.some((step) => step.state.status === "running")) return;
    const { outcome, message } = outcomeOf(last, interruption);
    const endedAt = now();
    const durationMs = Math.max(0, endedAt.getTime() - Date.parse(last.startedAt));
    await record(
      {
        name: "orchestration.ended",
        payload: { orchestration: last.id, outcome, endedAt: endedAt.toISOString(), durationMs, message },
      },
      DAEMON,
    );
  }

  async function takeUpStep(orchestration: Orchestration, step: OrchestrationStep): Promise<void> {
    const startedAt = new Date(step.startedAt);
    const run = step.run === null ? undefined : registry.runs.find(step.run);
    if (run === undefined) {
      const message =
        step.run === null ? "the daemon ended while it worked on this" : "the daemon ended before it was started";
      return finish(orchestration, step, startedAt, { outcome: "interrupted", message, changes: {} });
    }
    // The stop was recorded, and the daemon died before it reached this one.
    if (isStopping(orchestration)) await stopRun(run.id, DAEMON);
    const ended = await runEnds.ended(run.id);
    if (isClosed) return;
    await finish(orchestration, step, startedAt, await roles.resultOf(current(orchestration), step, ended));
  }

  return {
    lead,
    async takeUp(orchestration) {
      const running = orchestration.steps.filter(({ state }) => state.status === "running");
      await Promise.all(running.map((step) => takeUpStep(orchestration, step)));
      await end(orchestration, "the daemon ended in the middle of it; --resume goes on with what is left");
    },
    close() {
      isClosed = true;
    },
  };
}

function outcomeOf(
  { groups, steps, state, resumes }: Orchestration,
  interruption: string | undefined,
): { readonly outcome: OrchestrationOutcome; readonly message: string | null } {
  const culprit = steps.find((step) => step.state.status === "failed");
  if (culprit !== undefined) {
    const why = "message" in culprit.state ? culprit.state.message : null;
    return { outcome: "failed", message: `${culprit.role} failed${why === null ? "" : `: ${why}`}` };
  }
  const members = groups.slice(resumes?.groups ?? 0).flat().length;
  const isComplete = steps.length === members && steps.every((step) => step.state.status === "succeeded");
  if (isComplete) return { outcome: "completed", message: null };
  if (state.status === "stopping" || steps.some((step) => step.state.status === "stopped")) {
    return { outcome: "stopped", message: "stopped before all roles had done their work" };
  }
  return { outcome: "interrupted", message: interruption ?? "not all roles did their work" };
}
