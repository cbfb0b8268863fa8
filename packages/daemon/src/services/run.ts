import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { isSystemError, OrchastrationError } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import type { SessionReport } from "@orchastration/protocol/supervisor";
import { DAEMON } from "../domain/actors.ts";
import { admit, type Limits } from "../domain/admission.ts";
import type { FaultPoint } from "../domain/fault-point.ts";
import { advanceRun, hasEnded, type RunTrigger } from "../domain/run-machine.ts";
import type { Log } from "../logging/log.ts";
import type { Registry } from "../registry/registry.ts";
import type { SupervisorPool } from "../supervisors/pool.ts";
import { comparableEnvironment, type Inheritance } from "./child-environment.ts";
import type { Declaration, RunDraft } from "./declare-run.ts";
import type { LiveRuns, UnfinishedRun } from "./live-runs.ts";
import type { QueuedEnvironments } from "./queued-environments.ts";
import { resolveExecutable } from "./resolve-executable.ts";
import type { SessionDirectories } from "./session-directories.ts";
import { linkJournal, type OutputLimits, sessionOutput } from "./session-output.ts";
import type { Settle } from "./settle.ts";
import { StartFailure } from "./start-failure.ts";

export interface RunSettings extends OutputLimits {
  readonly limits: Limits;
  readonly stopGraceMs: number;
}

export interface RunService {
  /**
   * Makes the intent durable and answers; the command starts now or when the limits let it. A part of what has its place already, as the set-up of
   * an admitted task, does not wait for one.
   */
  start(declaration: Declaration, admission?: "in-turn" | "at-once"): Promise<Run>;
  /** Starts what the limits allow. Called whenever a run ends, a limit changes, or the queue was read again. */
  schedule(): void;
  /** The run takes no place any more, and others may start: its ending is being committed. */
  free(id: string): void;
  /** What follows once a run has ended: its supervisor may forget it. */
  release(run: Run): Promise<void>;
  /** Refuses every further start. */
  close(): void;
}

export interface RunDependencies {
  readonly registry: Registry;
  readonly liveRuns: LiveRuns;
  readonly pool: Pick<SupervisorPool, "spawn" | "acknowledge">;
  readonly settle: Settle;
  readonly queuedEnvironments: QueuedEnvironments;
  readonly sessionDirectories: SessionDirectories;
  readonly settings: () => RunSettings;
  /** Where the files of a run stand, free at this moment. */
  readonly recordPaths: (
    draft: RunDraft,
    isTaken: (recordPath: string) => boolean,
  ) => Pick<Run, "recordPath" | "output">;
  /** What an admitted run needs before its command can be spawned: the worktree of a task. Given up when its stop is asked for. @throws StartFailure */
  readonly prepare: (run: Run, inheritance: Inheritance, stopAsked: AbortSignal) => Promise<void>;
  /** Called as soon as the process lives. */
  readonly onSpawned: (run: Run, inheritance: Inheritance) => Promise<void>;
  readonly now: () => Date;
  readonly faultPoint: FaultPoint;
  readonly log: Log;
}

export function createRunService(deps: RunDependencies): RunService {
  const {
    registry,
    liveRuns,
    pool,
    settle,
    queuedEnvironments,
    sessionDirectories,
    settings,
    recordPaths,
    prepare,
    onSpawned,
    now,
    faultPoint,
    log,
  } = deps;
  let isClosed = false;

  const admitted = (): readonly UnfinishedRun[] => admit(liveRuns.queued(), liveRuns.placed(), settings().limits);

  function inBackground(id: string, step: () => Promise<void>): void {
    liveRuns.inTurn(id, step).catch((error: unknown) => {
      // Cancelled between being admitted and being prepared: nothing is left to do.
      if (error instanceof OrchastrationError && error.kind === "IllegalTransition") return;
      log.error("run.unsettled", String(error), { run: id });
    });
  }

  /** From the intent to the end of what can be done about it here. */
  async function launch(run: Run, inheritance: Inheritance, stopAsked: AbortSignal): Promise<void> {
    const report = await spawn(run, inheritance, stopAsked);
    if (report === undefined) return;
    // The command runs: what goes wrong now is no reason to say that it does not.
    try {
      faultPoint("after-spawn");
      await onSpawned(run, inheritance);
    } catch (error) {
      log.error("spawn.unfinished", String(error), { run: run.id });
    }
    const settled = await settle.settle(run.id, report);
    if (hasEnded(settled.state)) await release(settled);
  }

  /** The process of an admitted run. Whatever goes wrong becomes the run's recorded ending; then there is no report. */
  async function spawn(run: Run, inheritance: Inheritance, stopAsked: AbortSignal): Promise<SessionReport | undefined> {
    const { env, umask, terminal } = inheritance;
    const { stopGraceMs } = settings();
    try {
      faultPoint("after-intent");
      await prepare(run, inheritance, stopAsked);
      const distrusted = run.kind === "agent" || run.kind === "role" ? (run.repository ?? undefined) : undefined;
      const file = resolveExecutable(run.argv[0], run.workingDir, env, distrusted);
      const directory = sessionDirectories.create(run.id);
      mkdirSync(dirname(run.output.stdoutPath), { recursive: true, mode: 0o700 });
      if (run.isTty) linkJournal(run.output.stdoutPath, directory);
      return await pool.spawn({
        session: run.id,
        file,
        argv: run.argv,
        cwd: run.workingDir,
        env,
        umask,
        output: sessionOutput(run, settings(), terminal),
        timeoutMs: run.timeoutMs,
        stopGraceMs,
        directory,
      });
    } catch (error) {
      if (error instanceof StartFailure) await endUnstarted(run, error);
      else if (isRefusal(error)) await endUnstarted(run, new StartFailure("spawn", error.message));
      // Not refused: the supervisor died in between. Losing it is handled where its loss is noticed.
      else log.warn("spawn.interrupted", String(error), { run: run.id });
      return undefined;
    }
  }

  async function endUnstarted(run: Run, { step, message: reason }: StartFailure): Promise<void> {
    const ending = await settle.observeEnding(run, now());
    const trigger: RunTrigger =
      step === "stopped" ? { type: "stop", ...ending, reason } : { type: "fail", ...ending, reason, step };
    await release(await settle.advance(run.id, trigger, DAEMON));
  }

  function free(id: string): void {
    const entry = liveRuns.find(id);
    if (entry === undefined) return;
    liveRuns.setPhase(entry, "ending");
    schedule();
  }

  async function release(run: Run): Promise<void> {
    liveRuns.remove(run.id);
    queuedEnvironments.forget(run.id);
    schedule();
    await pool.acknowledge(run.id).catch((error: unknown) => {
      // Its supervisor is gone or going; what it left on disk is removed here.
      log.debug("session.unacknowledged", String(error), { run: run.id });
    });
    // A terminal's journal is all there is of its output.
    if (!run.isTty) await sessionDirectories.removeEmpty(run.id);
  }

  function keepEnvironment(id: string, inheritance: Inheritance): void {
    try {
      queuedEnvironments.keep(id, inheritance);
    } catch (error) {
      // The run still starts from memory; only a daemon started meanwhile would have to cancel it.
      log.warn("environment.unsaved", String(error), { run: id });
    }
  }

  function schedule(): void {
    if (isClosed) return;
    for (const entry of admitted()) {
      const { id, phase } = entry;
      if (phase.name !== "queued") continue;
      liveRuns.setPhase(entry, "live");
      inBackground(id, async () => {
        const run = await settle.advance(id, { type: "prepare" }, DAEMON);
        queuedEnvironments.forget(id);
        await launch(run, phase.inheritance, entry.stopAsked.signal);
      });
    }
  }

  return {
    async start({ draft, inheritance }, admission = "in-turn") {
      if (isClosed) throw new OrchastrationError("DaemonStopping", "the daemon is about to end and starts nothing new");
      // Takes its place before the intent is written, so that two runs asked for at the same time cannot take the same one.
      const entry = liveRuns.add(draft, { name: "queued", inheritance });
      const startsNow = admission === "at-once" || admitted().includes(entry);
      if (startsNow) liveRuns.setPhase(entry, "live");
      try {
        faultPoint("before-intent");
        const run = await registry.commit((tx) => {
          const paths = recordPaths(draft, (path) => tx.runs.isRecordPathTaken(path));
          const environmentDigest = tx.environments.intern(comparableEnvironment(inheritance.env));
          const queued = tx.runs.insert({ ...draft, ...paths, environmentDigest });
          if (!startsNow) return queued;
          return tx.runs.transition(queued.id, advanceRun(queued.id, queued.state, { type: "prepare" }), DAEMON);
        });
        if (startsNow) inBackground(run.id, () => launch(run, inheritance, entry.stopAsked.signal));
        else keepEnvironment(run.id, inheritance);
        return run;
      } catch (error) {
        liveRuns.remove(draft.id);
        throw error;
      }
    },
    schedule,
    free,
    release,
    close() {
      isClosed = true;
    },
  };
}

/** Said about this command, not about a daemon that is ending: what that leaves undone, the next one finds. */
function isRefusal(error: unknown): error is Error {
  return (error instanceof OrchastrationError && error.kind !== "DaemonStopping") || isSystemError(error);
}
