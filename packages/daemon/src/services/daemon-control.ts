import type { Actor, Result } from "@orchastration/protocol/contract";
import type { Log } from "../logging/log.ts";
import type { Registry } from "../registry/registry.ts";
import type { SupervisorPool } from "../supervisors/pool.ts";
import type { LiveRuns } from "./live-runs.ts";
import type { StopService } from "./stop.ts";

/** What about the daemon does not change while it runs. */
export interface DaemonFacts {
  readonly pid: number;
  readonly version: string;
  readonly stateDir: string;
  readonly logFile: string;
  readonly startedAt: string;
}

export interface DaemonControl {
  status(): Result<"daemon.status">;
  /** Answers first; the daemon ends when the answer is on its way. */
  stop(options: { readonly endSessions: boolean }, actor: Actor): Promise<Result<"daemon.stop">>;
  restart(): Promise<Result<"daemon.restart">>;
}

export interface DaemonControlDependencies {
  readonly facts: DaemonFacts;
  readonly registry: Pick<Registry, "events">;
  readonly liveRuns: LiveRuns;
  readonly pool: Pick<SupervisorPool, "status">;
  readonly stop: Pick<StopService, "stopAll">;
  readonly socket: () => string;
  readonly connections: () => number;
  /** Everything that is wrong at this moment and does not keep the daemon from working. */
  readonly warnings: () => readonly string[];
  /** Begins the orderly end of this process. */
  readonly end: () => void;
  /** Starts the daemon that waits for this one's lock. */
  readonly launchSuccessor: () => void;
  readonly log: Log;
}

export function createDaemonControl(deps: DaemonControlDependencies): DaemonControl {
  const { facts, registry, liveRuns, pool, stop, socket, connections, warnings, end, launchSuccessor, log } = deps;
  return {
    status() {
      const supervisors = pool.status().map((supervisor) => ({ ...supervisor }));
      return {
        ...facts,
        socket: socket(),
        sessions: liveRuns.live().length,
        queuedRuns: [...liveRuns.queued()].length,
        connections: connections(),
        headSeq: registry.events.headSeq(),
        supervisors,
        warnings: [...warnings()],
      };
    },
    async stop({ endSessions }, actor) {
      log.info("daemon.stopping", `stop asked for by ${actor.name}`);
      if (endSessions) await stop.stopAll(actor);
      end();
      return { liveSessions: liveRuns.live().length };
    },
    async restart() {
      log.info("daemon.restarting", "a successor waits for the lock");
      launchSuccessor();
      end();
      return { liveSessions: liveRuns.live().length };
    },
  };
}
