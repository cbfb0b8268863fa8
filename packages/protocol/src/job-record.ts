import type { Exit, OutputSummary, Run, RunState } from "./contract/entities.ts";
import type { JobRecord } from "./contract/job-record-document.ts";
import { exitCodeOf } from "./exit-code.ts";

/** What the states of a run have in common once absence is written as null. */
interface Facts {
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly exit: Exit | null;
  readonly reason: string | null;
  readonly summary: OutputSummary | null;
}

const NOTHING_YET: Facts = {
  startedAt: null,
  endedAt: null,
  durationMs: null,
  exit: null,
  reason: null,
  summary: null,
};

export function runFacts(state: RunState): Facts {
  return { ...NOTHING_YET, ...state };
}

/** The JSON record of a run: what the record file holds once it has ended, and what `--json` prints at any time. */
export function jobRecordOf(run: Run): JobRecord {
  const facts = runFacts(run.state);
  return {
    job_name: run.name,
    start_time: facts.startedAt,
    end_time: facts.endedAt,
    duration_ms: facts.durationMs,
    exit_code: exitCodeOf(run.state),
    stdout_path: run.output.stdoutPath,
    stderr_path: run.output.stderrPath,
    os: run.os,
    binary_version: run.binaryVersion,
    run_id: run.id,
    argv: [...run.argv],
    working_dir: run.workingDir,
    signal: facts.exit !== null && "signal" in facts.exit ? facts.exit.signal : null,
    status: run.state.status,
    reason: facts.reason,
    stdout_sha256: facts.summary?.stdoutSha256 ?? null,
    stderr_sha256: facts.summary?.stderrSha256 ?? null,
    event_seq: run.eventSeq,
    event_hash: run.eventHash,
  };
}
