import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, SUPERVISOR_PROTOCOL_VERSIONS, VERSION } from "@orchastration/protocol";
import {
  canonicalPath,
  createMemoryTidier,
  ownIdentity,
  removeEndpoint,
  type SupervisorEndpoint,
  supervisorsDirectory,
  writeEndpoint,
} from "@orchastration/protocol/node";
import { type Clock, rfc3339 } from "./clock.ts";
import { createConnections } from "./connections.ts";
import { createLifetime } from "./lifetime.ts";
import { listen } from "./listening.ts";
import { createFileLog, type Log } from "./log.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { treeOf } from "./termination/tree.ts";

/** What so many sessions leave behind makes every start of a command a little slower: it is a fork of all that. */
const WORTH_TIDYING_EXITS = 100;
/** So much output of a terminal leaves as much behind as an exit. That of pipes leaves nothing here, and is counted with it. */
const OUTPUT_LIKE_AN_EXIT_BYTES = 256 * 1024;

export interface SupervisorOptions {
  readonly id: string;
  readonly stateDir: string;
  readonly runtimeDirs: readonly string[];
  readonly clock: Clock;
}

export interface Supervisor {
  readonly log: Log;
  readonly unsettledSessions: number;
  /** Resolves when it has ended by itself or by {@link end}, its socket and endpoint record removed. */
  readonly ended: Promise<void>;
  end(): void;
}

/** Listens and is ready when the promise resolves. Rejects when the socket or the endpoint record cannot be made. */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { id, clock, runtimeDirs } = options;
  const stateDir = canonicalPath(options.stateDir);
  await mkdir(supervisorsDirectory(stateDir), { recursive: true, mode: 0o700 });
  const log = createFileLog(join(supervisorsDirectory(stateDir), `${id}.log`), clock.now);
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<void>();

  const memory = createMemoryTidier({ worth: WORTH_TIDYING_EXITS });
  const connections = createConnections({
    id,
    stateDir,
    log,
    sessions: () => sessions,
    onChange: () => lifetime.review(),
  });
  const sessions: Sessions = createSessions({
    tree: treeOf(process.platform),
    clock,
    log,
    onStopping: (report) => connections.broadcast("session.stopping", report),
    onTerminalChanged: (report) => connections.broadcast("session.terminalChanged", report),
    onTyped: (report) => connections.broadcast("session.typed", report),
    onExited(report) {
      memory.worked(1 + report.stdoutBytes / OUTPUT_LIKE_AN_EXIT_BYTES);
      connections.broadcast("session.exited", report);
      lifetime.review();
    },
    isHeard: () => connections.daemons > 0,
    onChange: () => lifetime.review(),
  });
  const lifetime = createLifetime({
    clock,
    need() {
      if (sessions.isDraining && sessions.list().length === 0 && sessions.unsettled === 0) return "drained";
      return sessions.unsettled > 0 || connections.daemons > 0 ? "needed" : "idle";
    },
    onEnd: () => end(),
  });

  let endpoint: SupervisorEndpoint | undefined;
  const startedAt = rfc3339(clock.now());
  const listening = await listen({
    clock,
    log,
    id,
    stateDir,
    runtimeDirs,
    onConnection: connections.accept,
    async publish(socket) {
      const protocolVersions = SUPERVISOR_PROTOCOL_VERSIONS;
      endpoint = {
        kind: "supervisor",
        id,
        process: ownIdentity(),
        socket,
        version: VERSION,
        protocolVersions,
        startedAt,
      };
      writeEndpoint(stateDir, endpoint);
    },
  });
  lifetime.review();

  function end(): void {
    lifetime.cancel();
    memory[Symbol.dispose]();
    listening.close();
    Promise.all([connections.closeAll(), endpoint && removeEndpoint(stateDir, endpoint)])
      .catch((error: unknown) => log.error("end.unclean", messageOf(error)))
      .finally(resolveEnded);
  }

  return {
    log,
    get unsettledSessions() {
      return sessions.unsettled;
    },
    ended,
    end,
  };
}
