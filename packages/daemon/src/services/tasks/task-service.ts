import { join } from "node:path";
import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Params, Result, TaskView } from "@orchastration/protocol/contract";
import type { FaultPoint } from "../../domain/fault-point.ts";
import type { Log } from "../../logging/log.ts";
import { createNotifications, type NotifySettings } from "../../notifications/notifications.ts";
import type { Registry } from "../../registry/registry.ts";
import type { SupervisorPool } from "../../supervisors/pool.ts";
import { createTaskFile } from "../../task-files/create-task-file.ts";
import { listTaskFiles } from "../../task-files/list-task-files.ts";
import { readTaskFile } from "../../task-files/read-task-file.ts";
import { rememberHeaders } from "../../task-files/remember-headers.ts";
import { updateTaskFile } from "../../task-files/update-task-file.ts";
import type { TrustStore } from "../../trust/trust-store.ts";
import type { ActivityService } from "../activity.ts";
import type { AgentTokens } from "../agent-tokens.ts";
import type { ConfigService } from "../config.ts";
import type { DeclareRun } from "../declare-run.ts";
import type { RunDependencies, RunService } from "../run.ts";
import { createRunEnds } from "../run-ends.ts";
import type { StopService } from "../stop.ts";
import { createListAgents, requireAgent } from "./agents.ts";
import { createWriteTasks, type WriteTasks } from "./create-task.ts";
import { createExecInTask, type ExecInTask } from "./exec-in-task.ts";
import { followIdleness } from "./follow-idleness.ts";
import { createInitRepository, type InitRepository } from "./init-repository.ts";
import { createKnownTasks, type KnownTasks } from "./known-tasks.ts";
import { createMergeTask, type MergeTask } from "./merge-task.ts";
import { createMirrorStatus } from "./mirror-status.ts";
import { createPrepareWorktree } from "./prepare-worktree.ts";
import { createRemoveTask, type RemoveTask } from "./remove-task.ts";
import { createStartAgent } from "./start-agent.ts";
import { createStartTask, type StartTask } from "./start-task.ts";
import { createStopTask, type StopTask } from "./stop-task.ts";
import { createTaskLog } from "./task-log.ts";
import { taskWorktreePath } from "./task-paths.ts";
import { createTaskViews } from "./task-views.ts";
import { createTaskWords, type TaskWords } from "./task-words.ts";
import { tellNews } from "./tell-news.ts";
import { createTurns, type Turns } from "./turns.ts";
import { createTaskWorktrees } from "./worktrees.ts";

type Reference = Pick<Params<"task.get">, "context" | "task">;

/** Everything that is done with tasks, as clients ask for it. */
export interface TaskService
  extends WriteTasks,
    StartTask,
    ExecInTask,
    Pick<StopTask, "stop">,
    TaskWords,
    Pick<MergeTask, "merge">,
    Pick<RemoveTask, "remove" | "collect"> {
  readonly init: InitRepository;
  readonly listAgents: (params: Params<"agent.list">) => Promise<Result<"agent.list">>;
  list(params: Params<"task.list">): Promise<Result<"task.list">>;
  get(reference: Reference): Promise<TaskView>;
  /** @throws OrchastrationError NotAllowed unless the reference means that task */
  requireOwn(reference: Reference, task: string): Promise<void>;
  path(reference: Reference): Promise<Result<"task.path">>;
}

export interface TaskServiceDependencies {
  readonly registry: Registry;
  readonly config: ConfigService;
  readonly trust: TrustStore;
  readonly declareRun: DeclareRun;
  readonly runs: () => RunService;
  readonly stop: () => StopService;
  readonly activity: ActivityService;
  readonly agentTokens: Pick<AgentTokens, "issue">;
  readonly notifySettings: () => NotifySettings;
  readonly pool: Pick<SupervisorPool, "ask">;
  readonly exists: (path: string) => boolean;
  readonly stateDir: string;
  readonly faultPoint: FaultPoint;
  readonly now: () => Date;
  readonly log: Log;
}

export interface Tasks {
  readonly service: TaskService;
  readonly known: KnownTasks;
  readonly turns: Turns;
  /** What a run of a task needs before it is spawned. */
  readonly prepare: RunDependencies["prepare"];
  /** Tells an agent that reads its prompt from the terminal what to do. */
  readonly onSpawned: RunDependencies["onSpawned"];
  /** Takes up what the last daemon left: idleness of live sessions, merges and removals it did not see through. Called when sessions are adopted. */
  recover(): Promise<void>;
  /** Finishes the files that say again what the registry holds. */
  close(): Promise<void>;
}

export function createTasks(deps: TaskServiceDependencies): Tasks {
  const {
    registry,
    config,
    trust,
    declareRun,
    runs,
    stop,
    activity,
    agentTokens,
    notifySettings,
    pool,
    exists,
    stateDir,
    faultPoint,
    now,
    log,
  } = deps;
  const runEnds = createRunEnds(registry);
  const turns = createTurns();
  const worktrees = createTaskWorktrees({ registry, faultPoint, log });
  const knownTasks = createKnownTasks({
    registry,
    loadConfig: config.load,
    listTaskFiles,
    readHeader: rememberHeaders(readTaskFile, () => now().getTime()),
    now,
  });
  const views = createTaskViews({ registry, activityOf: (session) => activity.describe(session) });
  const mirror = createMirrorStatus({ registry, updateTaskFile, log });
  const notifications = createNotifications({
    env: process.env,
    platform: process.platform,
    after: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs).unref();
      return () => clearTimeout(timer);
    },
    // Attached clients learn of it from the task's own event.
    tellTerminals: () => {},
    onFailure: (channel, error) => log.warn("notification.untold", `${channel}: ${String(error)}`),
  });
  const onSaidIdle = (session: string, reason: string): void =>
    activity.setExplicit(session, { finding: { state: "quiet" }, reason });
  const taskLog = createTaskLog({ registry, log });
  const preparation = createPrepareWorktree({
    registry,
    ensureWorktree: worktrees.ensure,
    undoWorktree: worktrees.undo,
    copyFiles: worktrees.copyFiles,
    declareRun,
    runs,
    stop,
    runEnds,
    log,
  });
  const stopTask = createStopTask({
    registry,
    knownTasks,
    views,
    stop: { stop: (id, options, actor) => stop().stop(id, options, actor) },
    runEnds,
  });

  const mergeTask = createMergeTask({
    registry,
    knownTasks,
    views,
    turns,
    stopTask,
    readTaskFile,
    now,
    faultPoint,
    onTrouble: (task, error) => log.warn("merge.unrecognized", String(error), { task: task.id }),
  });

  const removedFiles = join(stateDir, "removed-tasks");
  const removeTask = createRemoveTask({ registry, knownTasks, turns, mergeTask, removedFiles, faultPoint, log });

  const starter: Pick<RunService, "start"> = { start: (declaration) => runs().start(declaration) };
  const startAgent = createStartAgent({
    registry,
    declareRun,
    runs: starter,
    readTaskFile,
    agentTokens,
    chooseBase: worktrees.chooseBase,
    observeWorktree: worktrees.observe,
  });

  return {
    known: knownTasks,
    turns,
    service: {
      init: createInitRepository({ config, trust, isBare: worktrees.isBare }),
      listAgents: createListAgents(config),
      ...createWriteTasks({
        registry,
        knownTasks,
        views,
        listTaskFiles,
        createTaskFile,
        updateTaskFile,
        currentBranch: worktrees.currentBranch,
        requireBranch: worktrees.requireBranch,
        requireAgent: ({ loaded }, name) => requireAgent(name, loaded.config),
        now,
      }),
      ...createStartTask({ registry, knownTasks, views, turns, declareRun, runs: starter, startAgent }),
      ...createExecInTask({ knownTasks, declareRun, runs: starter }),
      stop: stopTask.stop,
      ...createTaskWords({ registry, knownTasks, views, turns, stopTask, onSaidIdle, now }),
      merge: mergeTask.merge,
      remove: removeTask.remove,
      collect: removeTask.collect,
      async list({ context }) {
        const survey = await knownTasks.survey(context);
        const problems = survey.problems.map(({ file, line, message, suggestion }) => ({
          file,
          line,
          message,
          suggestion,
        }));
        return { repository: survey.root, tasks: views.showAll(survey), problems };
      },
      async get({ context, task: reference }) {
        const { task, ...surroundings } = await knownTasks.get(context, reference);
        return views.show(task, surroundings);
      },
      async requireOwn({ context, task: reference }, own) {
        const { task } = await knownTasks.get(context, reference);
        if (task.id === own) return;
        throw new OrchastrationError("NotAllowed", `task ${taskName(task)} is not this agent's own`);
      },
      async path({ context, task: reference }) {
        const { task, loaded } = await knownTasks.get(context, reference);
        const path = taskWorktreePath(task, loaded.config);
        if (path === null) throw new Error(`task ${task.slug} has no directory`);
        return { path, exists: exists(path) };
      },
    },
    prepare: preparation.prepare,
    async recover() {
      followIdleness({ registry, activity, now, log });
      tellNews(registry, (news) => notifications.notify(news, notifySettings()));
      await mergeTask.recognizeAll();
      await removeTask.sweep();
    },
    async onSpawned(run, { preparation }) {
      if (typeof preparation?.input !== "string") return;
      const data = Buffer.from(preparation.input).toString("base64");
      await pool.ask("session.write", { session: run.id, data }).catch((error: unknown) => {
        log.warn("prompt.untyped", String(error), { run: run.id });
      });
    },
    close: async () => void (await Promise.all([notifications.close(), mirror.settled(), taskLog.settled()])),
  };
}
