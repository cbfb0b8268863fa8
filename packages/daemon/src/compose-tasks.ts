import { existsSync } from "node:fs";
import { join } from "node:path";
import type { FaultPoint } from "./domain/fault-point.ts";
import { findCommonDir, observeStanding } from "./git/standing.ts";
import { watchRepository } from "./git/watch-repository.ts";
import type { Log } from "./logging/log.ts";
import { createNotifications, type NotifySettings } from "./notifications/notifications.ts";
import type { Registry } from "./registry/registry.ts";
import type { ActivityService } from "./services/activity.ts";
import type { AgentTokens } from "./services/agent-tokens.ts";
import type { ConfigService } from "./services/config.ts";
import type { DeclareRun } from "./services/declare-run.ts";
import type { DerivedFiles } from "./services/derived-files.ts";
import type { LiveRuns } from "./services/live-runs.ts";
import type { Persist } from "./services/persist.ts";
import type { RunDependencies, RunService } from "./services/run.ts";
import { createRunEnds } from "./services/run-ends.ts";
import type { StopService } from "./services/stop.ts";
import { createListAgents, requireAgent } from "./services/tasks/agents.ts";
import { createWriteTasks } from "./services/tasks/create-task.ts";
import { createExecInTask } from "./services/tasks/exec-in-task.ts";
import { followIdleness } from "./services/tasks/follow-idleness.ts";
import { createInitRepository } from "./services/tasks/init-repository.ts";
import { createKnownTasks, type KnownTasks } from "./services/tasks/known-tasks.ts";
import { createMergeTask } from "./services/tasks/merge-task.ts";
import { createMirrorStatus } from "./services/tasks/mirror-status.ts";
import { createPrepareWorktree } from "./services/tasks/prepare-worktree.ts";
import { createRemoveTask } from "./services/tasks/remove-task.ts";
import { createStartAgent } from "./services/tasks/start-agent.ts";
import { createStartTask } from "./services/tasks/start-task.ts";
import { createStopTask } from "./services/tasks/stop-task.ts";
import { createTaskLog } from "./services/tasks/task-log.ts";
import { createTaskQueries } from "./services/tasks/task-queries.ts";
import type { TaskService } from "./services/tasks/task-service.ts";
import { createTaskViews } from "./services/tasks/task-views.ts";
import { createTaskWords } from "./services/tasks/task-words.ts";
import { tellNews } from "./services/tasks/tell-news.ts";
import { createTellTerminals } from "./services/tasks/tell-terminals.ts";
import { createTurns, type Turns } from "./services/tasks/turns.ts";
import { createWatchTasks } from "./services/tasks/watch-tasks.ts";
import { createFindWorktreeProblems } from "./services/tasks/worktree-problems.ts";
import { createTaskWorktrees } from "./services/tasks/worktrees.ts";
import type { SupervisorPool } from "./supervisors/pool.ts";
import { createTaskFile } from "./task-files/create-task-file.ts";
import { listTaskFiles } from "./task-files/list-task-files.ts";
import { readTaskFile } from "./task-files/read-task-file.ts";
import { rememberHeaders } from "./task-files/remember-headers.ts";
import { updateTaskFile } from "./task-files/update-task-file.ts";
import { schedule, unheld } from "./timers.ts";
import type { TrustStore } from "./trust/trust-store.ts";

export interface TaskParts {
  readonly registry: Registry;
  readonly config: ConfigService;
  readonly trust: TrustStore;
  readonly declareRun: DeclareRun;
  readonly runs: () => RunService;
  readonly stop: () => StopService;
  readonly liveRuns: Pick<LiveRuns, "live">;
  readonly activity: ActivityService;
  readonly agentTokens: Pick<AgentTokens, "issue">;
  readonly notifySettings: () => NotifySettings;
  readonly pool: Pick<SupervisorPool, "ask" | "findLive">;
  readonly stateDir: string;
  readonly persistFiles: Persist;
  readonly faultPoint: FaultPoint;
  readonly now: () => Date;
  readonly log: Log;
}

export interface ComposedTasks {
  readonly service: TaskService;
  readonly known: KnownTasks;
  readonly turns: Turns;
  /** The files of tasks, as far as they say what the registry holds. */
  readonly mirror: DerivedFiles;
  /** What a run of a task needs before it is spawned. */
  readonly prepare: RunDependencies["prepare"];
  /** Tells an agent that reads its prompt from the terminal what to do. */
  readonly onSpawned: RunDependencies["onSpawned"];
  /** Takes up what the last daemon left: idleness of live sessions, merges and removals it did not see through. Called when sessions are adopted. */
  recover(): Promise<void>;
  /** Whoever watches is told that this daemon ends. */
  endWatches(): void;
  /** Finishes the files that say again what the registry holds. */
  close(): Promise<void>;
}

/** Everything that is done with tasks, and what follows from it by itself. */
export function composeTasks(parts: TaskParts): ComposedTasks {
  const { registry, config, declareRun, runs, stop, activity, pool, stateDir, faultPoint, now, log } = parts;
  const runEnds = createRunEnds(registry);
  const turns = createTurns();
  const worktrees = createTaskWorktrees({ registry, faultPoint, log });
  const known = createKnownTasks({
    registry,
    loadConfig: config.load,
    listTaskFiles,
    readHeader: rememberHeaders(readTaskFile, () => now().getTime()),
    now,
  });
  const views = createTaskViews({ registry, activityOf: (session) => activity.describe(session) });
  const shared = { registry, knownTasks: known, views, turns, declareRun, faultPoint, now, log };
  const starter: Pick<RunService, "start"> = { start: (declaration) => runs().start(declaration) };
  const stopTask = createStopTask({ ...shared, runEnds, stop: { stop: (...asked) => stop().stop(...asked) } });
  const mergeTask = createMergeTask({
    ...shared,
    stopTask,
    readTaskFile,
    onTrouble: (task, error) => log.warn("merge.unrecognized", String(error), { task: task.id }),
  });
  const removeTask = createRemoveTask({ ...shared, mergeTask, removedFiles: join(stateDir, "removed-tasks") });
  const startAgent = createStartAgent({
    ...parts,
    runs: starter,
    readTaskFile,
    chooseBase: worktrees.chooseBase,
    observeWorktree: worktrees.observe,
  });
  const preparation = createPrepareWorktree({
    ...shared,
    ensureWorktree: worktrees.ensure,
    undoWorktree: worktrees.undo,
    copyFiles: worktrees.copyFiles,
    runs,
    stop,
    runEnds,
  });
  const watching = createWatchTasks({
    ...shared,
    findCommonDir,
    observeStanding,
    watchRepository: (plan, onChange, onError) => watchRepository(plan, onChange, { schedule, onError }),
  });
  const mirror = createMirrorStatus({ registry, updateTaskFile, persist: parts.persistFiles, log });
  const taskLog = createTaskLog({ registry, log });
  const notifications = createNotifications({
    env: process.env,
    platform: process.platform,
    after: unheld,
    tellTerminals: createTellTerminals(parts),
    onFailure: (channel, error) => log.warn("notification.untold", `${channel}: ${String(error)}`),
  });

  return {
    known,
    turns,
    mirror,
    service: {
      init: createInitRepository({ ...parts, isBare: worktrees.isBare }),
      listAgents: createListAgents(config),
      ...createWriteTasks({
        ...shared,
        listTaskFiles,
        createTaskFile,
        updateTaskFile,
        currentBranch: worktrees.currentBranch,
        requireBranch: worktrees.requireBranch,
        requireAgent: ({ loaded }, name) => requireAgent(name, loaded.config),
      }),
      ...createStartTask({ ...shared, runs: starter, startAgent }),
      ...createExecInTask({ ...shared, runs: starter }),
      ...createTaskWords({
        ...shared,
        stopTask,
        onSaidIdle: (session, reason) => activity.setExplicit(session, { finding: { state: "quiet" }, reason }),
      }),
      ...createTaskQueries({
        knownTasks: known,
        views,
        findWorktreeProblems: createFindWorktreeProblems({ findCommonDir, observeStanding }),
        exists: existsSync,
      }),
      watch: watching.watch,
      stop: stopTask.stop,
      merge: mergeTask.merge,
      remove: removeTask.remove,
      collect: removeTask.collect,
    },
    prepare: preparation.prepare,
    async onSpawned(run, { preparation }) {
      if (typeof preparation?.input !== "string") return;
      const data = Buffer.from(preparation.input).toString("base64");
      await pool.ask("session.write", { session: run.id, data }).catch((error: unknown) => {
        log.warn("prompt.untyped", String(error), { run: run.id });
      });
    },
    async recover() {
      followIdleness({ registry, activity, now, log });
      tellNews(registry, (news) => notifications.notify(news, parts.notifySettings()));
      await mergeTask.recognizeAll();
      await removeTask.sweep();
    },
    endWatches: watching.close,
    close: async () => void (await Promise.all([notifications.close(), mirror.close(), taskLog.settled()])),
  };
}
