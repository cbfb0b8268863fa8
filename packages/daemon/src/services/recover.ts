import { OrchastrationError } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import type { SessionReport } from "@orchastration/protocol/supervisor";
import { DAEMON } from "../domain/actors.ts";
import { hasEnded } from "../domain/run-machine.ts";
import type { Log } from "../logging/log.ts";
import type { Registry } from "../registry/registry.ts";
import { claimStart } from "../supervisors/claim-start.ts";
import type { SupervisorPool } from "../supervisors/pool.ts";
import type { LiveRuns } from "./live-runs.ts";
import type { Persist } from "./persist.ts";
import type { QueuedEnvironments } from "./queued-environments.ts";
import type { RunService, RunSettings } from "./run.ts";
import type { SessionDirectories } from "./session-directories.ts";
import { sessionOutput } from "./session-output.ts";
import type { Settle } from "./settle.ts";

export interface Recover {
  /**
   * Finds out what became of every unfinished run while no daemon was looking. Resolves when each is in hand: adopted, ended, or queued again.
   * Nothing is started that was not queued.
   */
  all(): Promise<void>;
  /** The same for sessions whose supervisor was lost under a running daemon. */
  lost(sessions: readonly string[]): Promise<void>;
  /** What a supervisor says on its own account. */
  report(report: SessionReport): Promise<void>;
  /** A supervisor that answered late did not start the session. */
  refused(session: string, reason: string): Promise<void>;
}

export interface RecoverDependencies {
  readonly registry: Registry;
  readonly liveRuns: LiveRuns;
  readonly pool: SupervisorPool;
  readonly runs: Pick<RunService, "release" | "schedule">;
  readonly settle: Settle;
  readonly persist: Persist;
  readonly queuedEnvironments: QueuedEnvironments;
  readonly sessionDirectories: SessionDirectories;
  readonly settings: () => RunSettings;
  readonly now: () => Date;
  readonly log: Log;
}

export function createRecover(deps: RecoverDependencies): Recover {
  const {
    registry,
    liveRuns,
    pool,
    runs,
    settle,
    persist,
    queuedEnvironments,
    sessionDirectories,
    settings,
    now,
    log,
  } = deps;

  async function take(run: Run, report: SessionReport): Promise<void> {
    const settled = await settle.settle(run.id, report);
    if (hasEnded(settled.state)) return runs.release(settled);
    // The stop was recorded and the daemon died before it asked for it.
    if (settled.state.status === "stopping" && report.stopReason === null) {
      await pool.stop(run.id, settled.state.reason, settings().stopGraceMs);
    }
  }

  /** A run without a supervisor: its exit stands on disk, its process lives on, or both are gone. */
  async function followOrphan(run: Run): Promise<void> {
    const exit = sessionDirectories.findExit(run.id);
    if (exit !== undefined) return take(run, exit);
    const directory = sessionDirectories.create(run.id);
    const output = sessionOutput(run, settings());
    // Claimed, not looked at: a supervisor that was asked and never answered must not start the command after its run has failed.
    const wasNeverStarted = await persist(() => Promise.resolve(claimStart({ output, directory })));
    if (wasNeverStarted) return fail(run, "the daemon ended before the command was started");
    const { state } = run;
    const process = state.status === "running" || state.status === "stopping" ? state.process : null;
    const report = await persist(() =>
      pool.adopt({
        session: run.id,
        process,
        startedAt: "startedAt" in state && state.startedAt !== null ? state.startedAt : run.queuedAt,
        output,
        timeoutMs: run.timeoutMs,
        stopGraceMs: settings().stopGraceMs,
        directory,
        stopReason: state.status === "stopping" ? state.reason : null,
      }),
    );
    if (report.status !== "gone") return take(run, report);
    const reason =
      "its supervisor died and the command ended unobserved, so its exit code is unknown; its output is complete";
    const ending = await settle.observeEnding(run, now());
    await runs.release(await settle.advance(run.id, { type: "lose", ...ending, reason }, DAEMON));
  }

  async function fail(run: Run, reason: string): Promise<void> {
    const ending = await settle.observeEnding(run, now());
    await runs.release(await settle.advance(run.id, { type: "fail", ...ending, reason }, DAEMON));
  }

  async function recoverQueued(run: Run): Promise<void> {
    const inheritance = queuedEnvironments.find(run.id);
    if (inheritance !== undefined) {
      liveRuns.add(run, { name: "queued", inheritance });
      return;
    }
    const reason = "its environment was kept in the runtime directory only, and that was cleared";
    await settle.advance(run.id, { type: "cancel", endedAt: now().toISOString(), reason }, DAEMON);
  }

  return {
    async all() {
      const { reports, others } = await pool.adoptAll();
      const strangers = new Map(reports);
      for (const run of registry.runs.unfinished()) {
        if (run.state.status === "queued") {
          await recoverQueued(run);
          continue;
        }
        liveRuns.add(run, { name: "live" });
        const report = reports.get(run.id);
        strangers.delete(run.id);
        if (report !== undefined)
          inBackground(
            run.id,
            liveRuns.inTurn(run.id, () => take(run, report)),
          );
        // One that does not answer yet may hold it, and would then be the one to know how it ends.
        else inBackground(run.id, others === null ? lookAfter(run.id) : others.then(() => lookAfter(run.id)));
      }
      for (const [session, report] of strangers) await acknowledgeStranger(session, report);
      runs.schedule();
    },
    lost: async (sessions) => void (await Promise.all(sessions.map(lookAfter))),
    async report(report) {
      const { session } = report;
      await liveRuns.inTurn(session, async () => {
        const run = registry.runs.find(session);
        if (run === undefined || hasEnded(run.state)) await acknowledgeStranger(session, report);
        else await take(run, report);
      });
    },
    async refused(session, reason) {
      await liveRuns.inTurn(session, async () => {
        const run = registry.runs.find(session);
        if (run?.state.status === "preparing") await fail(run, reason);
      });
    },
  };

  /** What goes wrong with one run ends no daemon, which has others to look after. */
  function inBackground(run: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (error instanceof OrchastrationError && error.kind === "DaemonStopping") return;
      log.error("run.unsettled", String(error), { run });
    });
  }

  /** Follows a run as an orphan, unless a supervisor has it, or it has ended. */
  async function lookAfter(id: string): Promise<void> {
    await liveRuns.inTurn(id, async () => {
      const run = registry.runs.find(id);
      if (run === undefined || hasEnded(run.state) || pool.findLive(id) !== undefined) return;
      await followOrphan(run);
    });
  }

  /** A session whose run has ended already, or which this registry never knew: an exit is acknowledged, a live one is left alone. */
  async function acknowledgeStranger(session: string, report: SessionReport): Promise<void> {
    if (report.status === "exited") await pool.acknowledge(session);
    else log.warn("session.unknown", "a supervisor holds a live session that the registry does not know", { session });
  }
}
