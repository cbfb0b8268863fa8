import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";
import { OrchastrationError, VERSION } from "@orchastration/protocol";
import {
  admitConnection,
  canonicalPath,
  createMemoryTidier,
  ensurePrivateDirectory,
  monotonicMs,
  type Paths,
} from "@orchastration/protocol/node";
import { composeOrchestrations } from "./compose-orchestrations.ts";
import { composePlanning } from "./compose-planning.ts";
import { composeServices, sizeOf } from "./compose-services.ts";
import { composeTasks } from "./compose-tasks.ts";
import { composeUpkeep } from "./compose-upkeep.ts";
import { createConfigLoader } from "./config/load.ts";
import { listProjectCommands } from "./config/project-commands.ts";
import { watchConfig } from "./config/watch.ts";
import { DAEMON } from "./domain/actors.ts";
import { faultInjection } from "./fault-injection.ts";
import { followTerminals } from "./follow-terminals.ts";
import { observeBase } from "./git/observe-base.ts";
import { agentFolders } from "./harnesses/index.ts";
import { createHashService } from "./hashing/hash-service.ts";
import { prepareListening } from "./listening.ts";
import { createLog } from "./logging/log.ts";
import { launchSuccessor, type Program, supervisorProgram } from "./program.ts";
import { chooseRecordPaths } from "./records/record-paths.ts";
import { type OtherEvent, openRegistry } from "./registry/registry.ts";
import { createHandlers } from "./server/handlers/index.ts";
import { createSocketServer } from "./server/socket-server.ts";
import { createAgentTokens } from "./services/agent-tokens.ts";
import { createConfigService } from "./services/config.ts";
import { createDaemonControl } from "./services/daemon-control.ts";
import { createDeclareRun } from "./services/declare-run.ts";
import { createIdleExit } from "./services/idle-exit.ts";
import { createLiveRuns } from "./services/live-runs.ts";
import { loadOwnConfig } from "./services/own-config.ts";
import { createQueuedEnvironments } from "./services/queued-environments.ts";
import { createRecover } from "./services/recover.ts";
import { createReloadConfig } from "./services/reload-config.ts";
import { createRetention } from "./services/retention.ts";
import { createRunService } from "./services/run.ts";
import { createSessionDirectories } from "./services/session-directories.ts";
import { createSettle } from "./services/settle.ts";
import { createStopService } from "./services/stop.ts";
import { createSupervisorNotes } from "./services/supervisor-notes.ts";
import { retentionBounds, runSettings } from "./settings.ts";
import { acquireInstanceLock } from "./single-instance.ts";
import { launchSupervisor } from "./supervisors/launch.ts";
import { forgetDeadSupervisors, liveSupervisors } from "./supervisors/live-endpoints.ts";
import { createSupervisorPool } from "./supervisors/pool.ts";
import { later, schedule } from "./timers.ts";
import { createTrustStore } from "./trust/trust-store.ts";

/** Answers in flight at the end get this long. */
const CLOSE_DEADLINE_MS = 2_000;

export interface DaemonOptions {
  readonly paths: Paths;
  /** Takes every line of the log, beside the file. */
  readonly console?: ((line: string) => void) | undefined;
  readonly lockWaitMs: number;
  /** How this process was started, to start its successor and its supervisors the same way. */
  readonly program: Program;
}

export interface Daemon {
  /** Begins the orderly end: sessions go on, the next daemon adopts them. */
  end(): void;
  /** Resolves when everything is closed. */
  readonly ended: Promise<void>;
}

/** The whole daemon, put together from top to bottom; it is taken apart from bottom to top. */
export async function composeDaemon({ paths, console, lockWaitMs, program }: DaemonOptions): Promise<Daemon> {
  await using parts = new AsyncDisposableStack();
  const now = (): Date => new Date();
  const startedAt = now();

  ensurePrivateDirectory(paths.stateDir);
  const stateDir = canonicalPath(paths.stateDir);
  const lock = await acquireInstanceLock(stateDir, { waitMs: lockWaitMs });
  parts.defer(() => lock.release());

  const trust = createTrustStore({
    file: join(stateDir, "trust.json"),
    agentFolders,
    listCommands: listProjectCommands,
  });
  const loader = createConfigLoader({ trust });
  const globalFile = paths.namedConfigFile ?? paths.defaultConfigFile;
  const own = await loadOwnConfig(loader, globalFile, stateDir);
  const log = createLog({ file: paths.logFile, level: own.current().logging.level, console });
  parts.defer(() => log.close());
  const sayLastWords = (error: unknown): void => log.error("daemon.crashed", inspect(error));
  process.on("uncaughtExceptionMonitor", sayLastWords);
  parts.defer(() => void process.off("uncaughtExceptionMonitor", sayLastWords));

  const faultPoint = faultInjection(process.env, () => pool.status().map(({ pid }) => pid));
  const registry = openRegistry({ stateDir, ...own.current().database, now, faults: faultPoint });
  parts.defer(() => registry.close());
  // So many events leave some 20 MB behind.
  const memory = parts.use(createMemoryTidier({ worth: 300 }));
  registry.onCommitted((events) => memory.worked(events.length));
  const hashing = parts.use(createHashService());

  const upkeep = composeUpkeep({ registry, stateDir, startedAt, onTrouble: () => server.tellTrouble(), now, log });
  parts.defer(() => upkeep.close());
  const { records, troubles } = upkeep;
  const { persist, persistFiles } = troubles;

  const listening = await prepareListening({
    ...paths,
    stateDir,
    startedAt,
    env: process.env,
    onRelisten: (socket) => log.warn("socket.renewed", `the socket was removed; listening anew at ${socket}`),
    onError: (error) => log.error("socket.lost", String(error)),
  });

  const sessionDirectories = createSessionDirectories(stateDir);
  const terminals = followTerminals({
    now,
    startedAt,
    log,
    idleTerms: () => own.current().idle,
    sessionDirectories,
    answer: (session, data, askedBefore) =>
      pool.ask("session.write", { session, data, unlessControlled: true, askedBefore }),
  });
  parts.defer(() => terminals.close());
  const notes = createSupervisorNotes((event) => inBackground(note(event)), log);
  const pool = createSupervisorPool(
    {
      liveEndpoints: () => liveSupervisors(stateDir),
      launch: (id) => launchSupervisor(id, { ...supervisorProgram(program), stateDir, env: process.env }),
      maxSessions: () => own.current().supervisor.maxSessions,
      version: VERSION,
    },
    {
      onReport: (report) => {
        if (report.status === "exited") terminals.forget(report.session);
        inBackground(recover.report(report));
      },
      onTerminal: terminals.follow,
      onTyped: terminals.noteTyping,
      ...notes,
      onRefused: (session, reason) => inBackground(recover.refused(session, reason)),
      onLost: (supervisor, sessions) => {
        notes.lost(supervisor);
        sessions.forEach(terminals.forget);
        inBackground(recover.lost(sessions));
      },
    },
  );
  parts.defer(() => pool.close());

  const liveRuns = createLiveRuns();
  const queuedEnvironments = createQueuedEnvironments(listening.runtimeDir);
  const settings = () => runSettings(own.current());
  const settle = createSettle({ registry, hashing, records, persist, sizeOf, faultPoint, runs: () => runs });
  const recordPaths = chooseRecordPaths.bind(null, stateDir);
  const shared = {
    registry,
    persistFiles,
    liveRuns,
    pool,
    settle,
    queuedEnvironments,
    sessionDirectories,
    settings,
    now,
    log,
  };
  const config = createConfigService(loader, paths.defaultConfigFile);
  const declareRun = createDeclareRun({ loadConfig: config.load, observeBase, hashing, socket: listening.socket, now });
  const agentTokens = createAgentTokens(registry.secret("agent tokens"), registry.tasks);
  const tasks = composeTasks({
    agentTokens,
    ...shared,
    config,
    trust,
    declareRun,
    runs: () => runs,
    stop: () => stop,
    activity: terminals.activity,
    notifySettings: () => own.current().notify,
    stateDir,
    faultPoint,
  });
  parts.defer(() => tasks.close());
  const runs = createRunService({
    ...shared,
    recordPaths,
    prepare: tasks.prepare,
    onSpawned: tasks.onSpawned,
    faultPoint,
  });
  parts.defer(() => runs.close());
  const stop = createStopService({ ...shared, runs });
  const retention = createRetention({ ...shared, bounds: () => retentionBounds(own.current()), setTimer: later });
  parts.defer(() => retention.close());
  const recover = createRecover({ ...shared, runs, persist });

  const { promise: closing, resolve: end } = Promise.withResolvers<void>();
  const control = createDaemonControl({
    ...shared,
    facts: { pid: process.pid, version: VERSION, stateDir, logFile: paths.logFile, startedAt: startedAt.toISOString() },
    stop,
    socket: listening.socket,
    connections: () => server.connectionCount,
    warnings: () => [...own.problems(), ...troubles.list(), ...pool.warnings()],
    end,
    launchSuccessor: () => launchSuccessor(program),
  });
  const work = { ...shared, stateDir, tasks, declareRun, runs };
  const planning = composePlanning({ ...work, hashing });
  parts.defer(() => planning.records.close());
  const orchestrations = composeOrchestrations({ ...work, config, persist, stop, planning: planning.service });
  parts.defer(() => orchestrations.close());
  upkeep.include(tasks.mirror, planning.records, orchestrations.records);
  const server = createSocketServer({
    handlers: createHandlers(
      composeServices({
        ...work,
        ...upkeep,
        socket: listening.socket,
        terminals,
        hashing,
        config,
        trust,
        stop,
        tasks: tasks.service,
        orchestrations: orchestrations.service,
        planning,
        daemon: control,
      }),
    ),
    events: { ...registry.events, onCommitted: registry.onCommitted },
    userName: userInfo().username,
    agents: { find: agentTokens.find, requireOwn: tasks.service.requireOwn },
    trouble: troubles.current,
    admit: (socket) => admitConnection(socket, stateDir),
    onIncident: (incident, error) => log.error("incident", inspect(error), { incident }),
  });
  parts.defer(() => server.close(CLOSE_DEADLINE_MS));

  await forgetDeadSupervisors(stateDir);
  await recover.all();
  await tasks.recover();
  orchestrations.recover();
  await listening.open((socket) => server.serve(socket));
  // Before the server: a closed server removes its socket, which must not look like a runtime directory that vanished.
  parts.defer(() => listening.close());
  const self = { pid: process.pid, version: VERSION };
  await note({ name: "daemon.started", entity: "daemon", actor: DAEMON, payload: self });
  log.info("daemon.started", `listening at ${listening.socket()}`, self);
  inBackground(upkeep.takeUp());
  retention.reviewSoon();

  const reviewIdleExit = createIdleExit({
    idleExitMs: () => own.current().daemon.idleExitMs,
    isIdle: () => server.connectionCount === 0 && liveRuns.isEmpty() && orchestrations.isIdle(),
    monotonicMs,
    setTimer: later,
    end,
  });
  reviewIdleExit();
  const reloadConfig = createReloadConfig({
    own,
    file: globalFile,
    note,
    log,
    onReloaded() {
      log.setLevel(own.current().logging.level);
      runs.schedule();
      reviewIdleExit();
      inBackground(retention.review());
    },
  });
  const watch = watchConfig(globalFile, () => inBackground(reloadConfig()), {
    schedule,
    onError: (error) => log.warn("config.unwatched", String(error)),
  });
  parts.defer(() => watch.close());

  const all = parts.move();
  return {
    end,
    ended: closing.then(async () => {
      runs.close();
      tasks.endWatches();
      // A run that is just being started keeps its place: the next daemon finds its session, not a launch that was cut off.
      await Promise.race([liveRuns.quiet(), pause(CLOSE_DEADLINE_MS, undefined, { ref: false })]);
      await note({
        name: "daemon.stopped",
        entity: "daemon",
        actor: DAEMON,
        payload: { pid: process.pid, liveSessions: liveRuns.live().length },
      }).catch(() => undefined);
      await upkeep.signLast();
      log.info("daemon.stopped", `${liveRuns.live().length} sessions go on`);
      await all.disposeAsync();
    }),
  };

  /** An event about the daemon's own household. */
  async function note(event: OtherEvent): Promise<void> {
    await registry.commit((tx) => tx.events.append(event));
  }

  function inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      // What cannot be done while the daemon ends is done by the next one.
      if (error instanceof OrchastrationError && error.kind === "DaemonStopping") return;
      log.error("background.failed", inspect(error));
    });
  }
}
