import { statSync } from "node:fs";
import { type Heads, signingKeyPath } from "./audit/heads.ts";
import type { ComposedPlanning } from "./compose-planning.ts";
import type { Terminals } from "./follow-terminals.ts";
import { findStrays } from "./git/find-strays.ts";
import { findProgramVersion } from "./git/run-git.ts";
import type { HashService } from "./hashing/hash-service.ts";
import { findMarkedProcesses } from "./processes/marked-processes.ts";
import { rewriteRecords } from "./records/job-record.ts";
import { rewriteOrchestrationRecords } from "./records/orchestration-record.ts";
import type { Registry } from "./registry/registry.ts";
import { openSearchThread } from "./searching/search-thread.ts";
import type { Services } from "./server/services.ts";
import { createFindAuditSubject } from "./services/audit-subject.ts";
import type { ConfigService } from "./services/config.ts";
import { createDoctor } from "./services/doctor.ts";
import type { LiveRuns } from "./services/live-runs.ts";
import { createReadOutput } from "./services/read-output.ts";
import { statePaths } from "./services/repair.ts";
import { createRunQueries } from "./services/run-queries.ts";
import { createStatistics } from "./services/run-statistics.ts";
import { createSearch } from "./services/search.ts";
import { createSessionService } from "./services/session.ts";
import type { SessionDirectories } from "./services/session-directories.ts";
import type { Temporaries } from "./services/temporaries.ts";
import type { Troubles } from "./services/troubles.ts";
import { createTrustService } from "./services/trust.ts";
import { createVerifyAudit } from "./services/verify-audit.ts";
import { forgetDeadSupervisors, liveSupervisors } from "./supervisors/live-endpoints.ts";
import type { SupervisorPool } from "./supervisors/pool.ts";
import type { TrustStore } from "./trust/trust-store.ts";

/** What runs things, and the services that act; the others only answer from them. */
export interface ServicesDependencies
  extends Pick<Services, "declareRun" | "runs" | "stop" | "records" | "audit" | "tasks" | "orchestrations" | "daemon"> {
  readonly planning: ComposedPlanning;
  readonly stateDir: string;
  readonly socket: () => string;
  readonly registry: Registry;
  readonly liveRuns: LiveRuns;
  readonly pool: SupervisorPool;
  readonly sessionDirectories: SessionDirectories;
  readonly terminals: Terminals;
  readonly hashing: HashService;
  readonly config: ConfigService;
  readonly trust: TrustStore;
  readonly heads: Heads;
  readonly troubles: Pick<Troubles, "list">;
  readonly temporaries: Temporaries;
}

/** Everything a client may ask for. */
export function composeServices(deps: ServicesDependencies): Services {
  const { stateDir, socket, registry, pool, sessionDirectories, terminals, hashing, config, trust, heads } = deps;
  const { declareRun, runs, stop, records, audit, tasks, planning, orchestrations, daemon } = deps;
  const queries = createRunQueries({ registry, config });
  return {
    ...queries,
    declareRun,
    runs,
    stop,
    records,
    sessions: createSessionService({ ...deps, ...terminals }),
    readOutput: createReadOutput(registry),
    search: createSearch({ runs: registry.runs, openThread: openSearchThread, sizeOf }),
    statistics: createStatistics(registry.runs),
    hashing,
    config,
    trust: createTrustService(trust, config),
    findAuditSubject: createFindAuditSubject({ registry, findRun: queries.findRun, getTask: tasks.get }),
    audit,
    verifyAudit: createVerifyAudit({ registry, heads, hashing }),
    tasks,
    orchestrations,
    planning: planning.service,
    taskGit: planning.git,
    daemon,
    doctor: createDoctor({
      registry,
      heads,
      sessionDirectories,
      troubles: deps.troubles.list,
      temporaries: deps.temporaries,
      privatePaths: () => [...statePaths(stateDir), socket(), signingKeyPath(stateDir)],
      supervisors: {
        live: () => liveSupervisors(stateDir),
        connected: pool.status,
        forgetDead: () => forgetDeadSupervisors(stateDir),
      },
      findMarkedProcesses,
      findStrays,
      findProgramVersion,
      rewriteRecords: async () =>
        (await rewriteRecords(registry.runs.endedAfter(0))) +
        (await rewriteOrchestrationRecords(stateDir, registry.orchestrations.all())) +
        (await planning.records.rewrite()),
    }),
  };
}

/** Bytes; 0 for a file that is not there. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
