import type { Orchestration } from "./contract/orchestration.ts";
import type { OrchestrationRecord } from "./contract/orchestration-documents.ts";

/** How many of its groups, from the first, have nothing but successful steps; those before it was resumed included. */
export function finishedGroups({ groups, steps, resumes }: Orchestration): number {
  const before = resumes?.groups ?? 0;
  const succeeded = (group: number): number =>
    steps.filter((step) => step.group === group && step.state.status === "succeeded").length;
  const next = groups.findIndex((roles, group) => group >= before && succeeded(group) < roles.length);
  return next === -1 ? groups.length : next;
}

/** The JSON record of an orchestration: what its record file holds, and what `--json` prints. */
export function orchestrationRecordOf(orchestration: Orchestration): OrchestrationRecord {
  const { state } = orchestration;
  const end = "endedAt" in state ? state : { endedAt: null, durationMs: null, message: null };
  return {
    orchestration: orchestration.name,
    agents: orchestration.steps.map((step) => {
      const stepEnd =
        step.state.status === "running" ? { endedAt: null, durationMs: null, message: null, changes: {} } : step.state;
      return {
        name: step.role,
        start_time: step.startedAt,
        end_time: stepEnd.endedAt,
        duration_ms: stepEnd.durationMs,
        status: step.state.status,
        message: stepEnd.message,
        group: step.group + 1,
        run_id: step.run,
        wrote: { ...stepEnd.changes },
      };
    }),
    start_time: orchestration.startedAt,
    end_time: end.endedAt,
    duration_ms: end.durationMs,
    status: state.status,
    context: orchestration.context,
    message: end.message,
    orchestration_id: orchestration.id,
    groups: orchestration.groups.map((roles) => [...roles]),
    finished_groups: finishedGroups(orchestration),
    goal: orchestration.context["plan.goal"],
    task: orchestration.task,
    working_dir: orchestration.workingDir,
    resumes: orchestration.resumes?.orchestration ?? null,
    requested_by: orchestration.requestedBy.name,
    binary_version: orchestration.binaryVersion,
    event_seq: orchestration.eventSeq,
  };
}
