import { messageOf, taskName } from "@orchastration/protocol";
import type { Run, Task } from "@orchastration/protocol/contract";
import { DAEMON } from "../../domain/actors.ts";
import { changeTask } from "../../domain/task-machine.ts";
import type { Log } from "../../logging/log.ts";
import type { Registry } from "../../registry/registry.ts";
import type { Inheritance, Preparation } from "../child-environment.ts";
import type { DeclareRun } from "../declare-run.ts";
import type { RunService } from "../run.ts";
import type { RunEnds } from "../run-ends.ts";
import { StartFailure } from "../start-failure.ts";
import type { StopService } from "../stop.ts";
import { definitionFor } from "./definition-for.ts";
import { findLiveSetup } from "./find-setup.ts";
import { taskFacts } from "./task-facts.ts";

export interface PrepareWorktree {
  /**
   * Makes the worktree of an admitted agent, copies what it needs, and runs the set-up to its end. When its stop is asked for, a worktree that is
   * being made or filled is taken back; one that is being set up stays, as after a set-up that failed. @throws StartFailure
   */
  prepare(run: Run, inheritance: Inheritance, stopAsked: AbortSignal): Promise<void>;
}

export interface PrepareWorktreeDependencies {
  readonly registry: Registry;
  /** Answers whether it was made now. @throws StartFailure */
  readonly ensureWorktree: (task: Task, cancelled: AbortSignal) => Promise<boolean>;
  /** Takes back a worktree that was made a moment ago. */
  readonly undoWorktree: (task: Task) => Promise<void>;
  /** Answers a sentence for every file that could not be copied. */
  readonly copyFiles: (task: Task, patterns: readonly string[], cancelled: AbortSignal) => Promise<readonly string[]>;
  readonly declareRun: Pick<DeclareRun, "defined">;
  readonly runs: () => Pick<RunService, "start">;
  readonly stop: () => Pick<StopService, "stop">;
  readonly runEnds: RunEnds;
  readonly log: Log;
}

export function createPrepareWorktree(deps: PrepareWorktreeDependencies): PrepareWorktree {
  const { registry, ensureWorktree, undoWorktree, copyFiles, declareRun, runs, stop, runEnds, log } = deps;

  async function prepareTask(
    task: Task,
    run: Run,
    inheritance: Inheritance,
    preparation: Preparation,
    stopAsked: AbortSignal,
  ): Promise<void> {
    const isNew = await ensureWorktree(task, stopAsked).catch((error: unknown) => {
      // It names what could not be taken back.
      log.info("worktree.unmade", messageOf(error), { task: task.id });
      requireWanted(stopAsked, "stopped while its worktree was being made");
      throw error;
    });
    if (!isNew && task.lease?.stage === "prepared") return requireWanted(stopAsked, "stopped before it began");
    const failures = await copyFiles(task, preparation.include, stopAsked);
    if (stopAsked.aborted || failures.length > 0) {
      if (isNew) await undoWorktree(task);
      requireWanted(stopAsked, "stopped before its worktree was ready");
      throw new StartFailure("copy", `its ignored files could not be copied: ${failures.join("; ")}`);
    }
    if (preparation.setup !== null) await setUp(task, run, inheritance, preparation.setup, stopAsked);
    await registry.commit((tx) => tx.tasks.apply(task.id, changeTask(task, { type: "prepared" }), DAEMON));
    requireWanted(stopAsked, "stopped before it began");
  }

  async function setUp(
    task: Task,
    agent: Run,
    inheritance: Inheritance,
    [program, ...args]: NonNullable<Preparation["setup"]>,
    stopAsked: AbortSignal,
  ): Promise<void> {
    const { lease } = task;
    if (lease === null) throw new Error(`task ${taskName(task)} has no worktree to set up`);
    await endLeftover(task);
    const declaration = await declareRun
      .defined(
        () => ({
          ...definitionFor(task, taskFacts(task, lease.path, lease, null)),
          kind: "setup",
          argv: [program, ...args],
          workingDir: lease.path,
          task: { id: task.id, onExit: "stop" },
        }),
        { context: { cwd: lease.path, configFile: null }, environment: inheritance.env },
        agent.requestedBy,
      )
      .catch((error: unknown) => {
        throw new StartFailure("setup", `its set-up cannot be run: ${messageOf(error)}`, { cause: error });
      });
    requireWanted(stopAsked, "stopped before its set-up");
    const started = await runs().start(
      { ...declaration, inheritance: { ...inheritance, ...declaration.inheritance } },
      "at-once",
    );
    log.info("setup.started", `run ${started.id}`, { task: task.id });
    // Whoever asked while it was being started did not find it.
    if (stopAsked.aborted) {
      await stop()
        .stop(started.id, { kill: false }, DAEMON)
        .catch((error: unknown) => log.debug("setup.unstopped", String(error), { task: task.id }));
    }
    const { state } = await runEnds.ended(started.id);
    if (state.status === "succeeded") return;
    if (state.status === "stopped") throw new StartFailure("stopped", "stopped during its set-up");
    const why =
      "exit" in state && state.exit !== null && "code" in state.exit ? `exit code ${state.exit.code}` : state.status;
    throw new StartFailure("setup", `its set-up failed (${why}): \`orchastration logs ${started.id}\` shows why`);
  }

  /** One that outlived the daemon whose start it was part of: two never work in one worktree. */
  async function endLeftover(task: Task): Promise<void> {
    const leftover = findLiveSetup(registry, task.id);
    if (leftover === undefined) return;
    await stop().stop(leftover.id, { kill: false }, DAEMON);
    await runEnds.ended(leftover.id);
  }

  return {
    async prepare(run, inheritance, stopAsked) {
      const { preparation } = inheritance;
      if (run.kind !== "agent" || run.task === undefined || preparation === undefined) return;
      await prepareTask(registry.tasks.get(run.task.id), run, inheritance, preparation, stopAsked);
    },
  };
}

/** @throws StartFailure when somebody has asked for the stop */
function requireWanted(stopAsked: AbortSignal, what: string): void {
  if (stopAsked.aborted) throw new StartFailure("stopped", what);
}
