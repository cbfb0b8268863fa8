import { OrchastrationError } from "@orchastration/protocol";
import type { Actor, Run } from "@orchastration/protocol/contract";
import { DAEMON } from "../domain/actors.ts";
import { hasEnded } from "../domain/run-machine.ts";
import type { Log } from "../logging/log.ts";
import type { Registry } from "../registry/registry.ts";
import type { SupervisorPool } from "../supervisors/pool.ts";
import type { LiveRuns } from "./live-runs.ts";
import type { RunService, RunSettings } from "./run.ts";
import type { Settle } from "./settle.ts";
import { findSetup } from "./tasks/find-setup.ts";
import { notRunning } from "./tasks/stop-task.ts";

export interface StopService {
  /** The stop is recorded, then asked for. Stopping what is being stopped changes nothing, except that `kill` ends it now. */
  stop(id: string, options: { readonly kill: boolean }, actor: Actor): Promise<Run>;
  cancel(id: string, actor: Actor): Promise<Run>;
  /**
   * Stops every live run and cancels every queued one; resolves when all have ended, but for terminals whose supervisor does not answer: their
   * commands are ended, and what they put out last stands nowhere before it goes on.
   */
  stopAll(actor: Actor): Promise<void>;
}

export interface StopDependencies {
  readonly registry: Registry;
  readonly liveRuns: LiveRuns;
  readonly pool: Pick<SupervisorPool, "stop" | "endElsewhere" | "isSilent">;
  readonly runs: Pick<RunService, "release">;
  readonly settle: Settle;
  readonly settings: () => RunSettings;
  readonly now: () => Date;
  readonly log: Log;
}

export function createStopService(deps: StopDependencies): StopService {
  const { registry, liveRuns, pool, runs, settle, settings, now, log } = deps;

  async function cancelQueued(id: string, actor: Actor): Promise<Run> {
    const reason = `cancelled by ${actor.name}`;
    const run = await settle.advance(id, { type: "cancel", endedAt: now().toISOString(), reason }, actor);
    await runs.release(run);
    return run;
  }

  async function ask(run: Run, graceMs: number): Promise<void> {
    await pool.stop(run.id, "stopped", graceMs).catch((error: unknown) => {
      // Its supervisor was lost a moment ago; whoever adopts the session reads the recorded stop and asks again.
      if (error instanceof OrchastrationError && error.kind !== "SupervisorUnavailable") throw error;
      log.warn("stop.deferred", String(error), { run: run.id });
      if (pool.isSilent(run.id)) endWithoutSupervisor(run, graceMs);
    });
  }

  /** The supervisor that holds it hears of the stop when it goes on. Until then another one ends the processes. */
  function endWithoutSupervisor(run: Run, graceMs: number): void {
    const { state, isTty: hasTerminal } = run;
    if (state.status !== "stopping") return;
    const end = async (): Promise<void> => {
      const survivors = await pool.endElsewhere({ session: run.id, process: state.process, hasTerminal, graceMs });
      if (survivors === 0 && !hasTerminal) await liveRuns.inTurn(run.id, () => recordStopped(run.id));
    };
    end().catch((error: unknown) => log.warn("stop.failed", String(error), { run: run.id }));
  }

  /** All its processes are gone and its output, which they wrote themselves, is complete. Its exit code nobody has seen. */
  async function recordStopped(id: string): Promise<void> {
    const run = registry.runs.get(id);
    if (run.state.status !== "stopping") return;
    await runs.release(await settle.advance(id, { type: "exit", ...(await settle.observeEnding(run, now())) }, DAEMON));
  }

  async function stop(id: string, { kill }: { readonly kill: boolean }, actor: Actor): Promise<Run> {
    const asked = registry.runs.get(id);
    // Its turn ends when its worktree is prepared, which is given up, or set up, which is ended.
    if (asked.kind === "agent") liveRuns.find(id)?.stopAsked.abort();
    const setup = findSetup(registry, asked);
    if (setup !== undefined) {
      await stop(setup.id, { kill }, actor);
      return registry.runs.get(id);
    }
    const task = asked.task === undefined ? undefined : registry.tasks.find(asked.task.id);
    if (task?.run === id && hasEnded(asked.state)) throw notRunning(task);
    const graceMs = kill ? 0 : settings().stopGraceMs;
    return liveRuns.inTurn(id, async () => {
      const run = registry.runs.get(id);
      // Before its command began, while its turn was awaited.
      if (run.state.status === "stopped" && !hasEnded(asked.state)) return run;
      if (run.state.status === "queued") return cancelQueued(id, actor);
      if (run.state.status === "preparing" && pool.isSilent(id)) throw unreachable(run);
      if (run.state.status === "stopping") {
        if (kill || pool.isSilent(id)) await ask(run, graceMs);
        return run;
      }
      const stopping = await settle.advance(id, { type: "interrupt", reason: "stopped" }, actor);
      await ask(stopping, graceMs);
      return stopping;
    });
  }

  return {
    stop,
    cancel: (id, actor) => liveRuns.inTurn(id, () => cancelQueued(id, actor)),
    async stopAll(actor) {
      const unfinished = [...liveRuns.queued(), ...liveRuns.live()];
      await Promise.all(unfinished.map(({ id }) => stop(id, { kill: false }, actor).catch(() => undefined)));
      const canEnd = (id: string): boolean => !(pool.isSilent(id) && registry.runs.get(id).isTty);
      await liveRuns.whenEnded(unfinished.flatMap(({ id }) => (canEnd(id) ? [id] : [])));
    },
  };
}

function unreachable({ id, name }: Run): OrchastrationError {
  return new OrchastrationError(
    "SupervisorUnavailable",
    `run ${id} (${name}) is being started by a supervisor that does not answer`,
    { details: { run: id }, hint: "`orchastration daemon status` names it. Let it go on, or end it, and try again." },
  );
}
