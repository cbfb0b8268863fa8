import type { Params, Result } from "@orchastration/protocol/contract";
import type { Heads } from "../audit/heads.ts";
import type { KnownLeases, Strays } from "../git/find-strays.ts";
import type { MarkedProcess } from "../processes/marked-processes.ts";
import type { Registry } from "../registry/registry.ts";
import {
  checkChain,
  checkHeads,
  checkJournals,
  checkPrivacy,
  checkPrograms,
  checkRecords,
  checkSupervisors,
  checkTroubles,
  endedJournals,
} from "./doctor-checks.ts";
import { checkProcesses, checkSessions, checkTemporaries, checkWorktrees } from "./doctor-leftovers.ts";
import { createRepair } from "./repair.ts";
import type { SessionDirectories } from "./session-directories.ts";
import type { Temporaries } from "./temporaries.ts";

export interface Doctor {
  check(params: Params<"doctor.check">): Promise<Result<"doctor.check">>;
}

interface Process {
  readonly pid: number;
}

export interface DoctorDependencies {
  readonly registry: Pick<Registry, "runs" | "tasks" | "events" | "verify">;
  readonly heads: Pick<Heads, "read">;
  readonly sessionDirectories: Pick<SessionDirectories, "names" | "pathOf">;
  /** A sentence for each reason for which something waits to be written. */
  readonly troubles: () => readonly string[];
  readonly temporaries: Temporaries;
  /** What nobody else may read. */
  readonly privatePaths: () => readonly string[];
  readonly supervisors: {
    /** Those whose process lives. */
    live(): readonly Process[];
    connected(): readonly Process[];
    forgetDead(): Promise<void>;
  };
  readonly findMarkedProcesses: () => readonly MarkedProcess[];
  readonly findStrays: (root: string, known: KnownLeases) => Promise<Strays | undefined>;
  readonly findProgramVersion: (program: "git" | "gh") => Promise<string | undefined>;
  /** Writes every JSON record again from the registry; how many there are. */
  readonly rewriteRecords: () => Promise<number>;
}

export function createDoctor(deps: DoctorDependencies): Doctor {
  const { registry, heads, privatePaths, supervisors, rewriteRecords } = deps;
  const repair = createRepair({
    privatePaths,
    journals: () => endedJournals(registry).map(({ output }) => output.stdoutPath),
    areRecordsMissing: () => checkRecords(registry).some(({ check, status }) => check === "records" && status !== "ok"),
    rewriteRecords,
    sweepTemporaries: deps.temporaries.sweep,
    forgetDeadSupervisors: supervisors.forgetDead,
  });
  return {
    async check({ rewriteRecords: isRewriteAsked = false, repair: isRepairAsked = false }) {
      const repaired = isRepairAsked ? await repair() : [];
      const rewrittenRecords = isRewriteAsked ? await rewriteRecords() : 0;
      const findings = [
        checkPrivacy(privatePaths()),
        await checkChain(registry),
        checkHeads(heads, registry),
        checkTroubles(deps.troubles()),
        ...checkRecords(registry),
        checkJournals(registry),
        checkSessions(registry, deps.sessionDirectories),
        checkTemporaries(await deps.temporaries.find()),
        checkProcesses(registry, deps.findMarkedProcesses()),
        ...(await checkWorktrees(registry.tasks.listAll(), deps.findStrays)),
        checkSupervisors(supervisors.live(), supervisors.connected()),
        ...(await checkPrograms(deps.findProgramVersion)),
      ];
      return { findings, rewrittenRecords, repaired };
    },
  };
}
