import type { Actor, Context, Params, Result } from "@orchastration/protocol/contract";
import type { HashService } from "../hashing/hash-service.ts";
import type { Audit } from "../services/audit.ts";
import type { FindAuditSubject } from "../services/audit-subject.ts";
import type { DeclareRun } from "../services/declare-run.ts";
import type { OrchestrationService } from "../services/orchestrations/orchestration-service.ts";
import type { Planning } from "../services/planning/planning.ts";
import type { ReadOutput } from "../services/read-output.ts";
import type { RunService } from "../services/run.ts";
import type { RunQueries } from "../services/run-queries.ts";
import type { RunRecords } from "../services/run-records.ts";
import type { RunStatistics } from "../services/run-statistics.ts";
import type { Search } from "../services/search.ts";
import type { SessionService } from "../services/session.ts";
import type { StopService } from "../services/stop.ts";
import type { TaskGit } from "../services/task-git.ts";
import type { TaskService } from "../services/tasks/task-service.ts";
import type { TrustService } from "../services/trust.ts";
import type { VerifyAudit } from "../services/verify-audit.ts";

/** Everything a handler may ask for. Handlers decide nothing: they name the service and pass on what came and who asked. */
export interface Services extends RunQueries {
  readonly declareRun: DeclareRun;
  readonly runs: Pick<RunService, "start">;
  readonly stop: Pick<StopService, "stop" | "cancel">;
  readonly records: Pick<RunRecords, "written">;
  readonly sessions: SessionService;
  readonly readOutput: ReadOutput;
  readonly search: Search;
  readonly statistics: RunStatistics;
  readonly hashing: Pick<HashService, "hashFiles">;
  readonly config: {
    show(context: Context): Promise<Result<"config.get">>;
    check(context: Context): Promise<Result<"config.check">>;
  };
  readonly trust: TrustService;
  readonly tasks: TaskService;
  readonly orchestrations: OrchestrationService;
  readonly planning: Planning;
  readonly taskGit: TaskGit;
  readonly daemon: {
    status(): Result<"daemon.status">;
    stop(options: { readonly endSessions: boolean }, actor: Actor): Promise<Result<"daemon.stop">>;
    restart(): Promise<Result<"daemon.restart">>;
  };
  readonly findAuditSubject: FindAuditSubject;
  readonly audit: Omit<Audit, "signHead">;
  readonly verifyAudit: VerifyAudit;
  readonly doctor: { check(params: Params<"doctor.check">): Promise<Result<"doctor.check">> };
}
