import type { ComposedTasks } from "./compose-tasks.ts";
import { writeOrchestrationRecord } from "./records/orchestration-record.ts";
import { chooseOrchestrationRecord } from "./records/record-paths.ts";
import type { ConfigService } from "./services/config.ts";
import type { DeclareRun } from "./services/declare-run.ts";
import { diffRuns } from "./services/diff.ts";
import { createBuiltInRoles } from "./services/orchestrations/built-in-roles.ts";
import type { ConductDependencies } from "./services/orchestrations/conduct.ts";
import { createOrchestrationRecords } from "./services/orchestrations/orchestration-records.ts";
import { createOrchestrations } from "./services/orchestrations/orchestration-service.ts";
import { createReviewTask } from "./services/orchestrations/review-task.ts";
import { createRolePrograms } from "./services/orchestrations/role-program.ts";
import type { RoleWork } from "./services/orchestrations/step.ts";
import type { Persist } from "./services/persist.ts";
import type { Planning } from "./services/planning/planning.ts";
import type { RunService } from "./services/run.ts";
import { createRunEnds } from "./services/run-ends.ts";
import type { StopService } from "./services/stop.ts";

export interface OrchestrationParts extends Pick<ConductDependencies, "registry" | "persist" | "now" | "log"> {
  readonly stateDir: string;
  readonly persistFiles: Persist;
  readonly config: ConfigService;
  readonly declareRun: DeclareRun;
  readonly runs: RunService;
  readonly stop: StopService;
  readonly tasks: Pick<ComposedTasks, "known">;
  readonly planning: Planning;
}

/** Pipelines of roles: who does the work of a role, and who leads them. */
export function composeOrchestrations(parts: OrchestrationParts) {
  const { registry, stateDir, config, tasks, planning, stop, persistFiles, log } = parts;
  const knownTasks = tasks.known;
  const runEnds = createRunEnds(registry);
  const environmentOf = (digest: string) => registry.environments.find(digest) ?? {};
  const review = createReviewTask({
    registry,
    knownTasks,
    diff: (left, right) => diffRuns(left, right, environmentOf),
  });
  const programs = createRolePrograms({ ...parts, loadConfig: config.load, runEnds });
  const builtIn = createBuiltInRoles({ planning, review, runEnds });
  const workOf = ({ bindings }: Parameters<RoleWork["resultOf"]>[0], role: keyof typeof bindings): RoleWork =>
    bindings[role] === undefined ? builtIn : programs;
  const records = createOrchestrationRecords({
    registry,
    writeRecord: (orchestration) => writeOrchestrationRecord(stateDir, orchestration),
    persist: persistFiles,
    log,
  });
  const orchestrations = createOrchestrations({
    ...parts,
    knownTasks,
    runEnds,
    records,
    roles: {
      prepare: (assignment) => workOf(assignment.orchestration, assignment.role).prepare(assignment),
      resultOf: (orchestration, step, run) => workOf(orchestration, step.role).resultOf(orchestration, step, run),
    },
    chooseRecord: (draft, isTaken) => chooseOrchestrationRecord(stateDir, draft, isTaken),
    async stopRun(id, actor) {
      // One that was recorded and not begun has nothing to stop, one that has ended as little.
      await stop.stop(id, { kill: false }, actor).catch((error: unknown) => {
        log.debug("orchestration.stop", String(error), { run: id });
      });
    },
  });
  return {
    ...orchestrations,
    records,
    async close(): Promise<void> {
      orchestrations.close();
      await records.close();
    },
  };
}
