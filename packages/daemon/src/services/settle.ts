import type { Actor, Exit, OutputSummary, Run } from "@orchastration/protocol/contract";
import { listJournalSegments, openJournal } from "@orchastration/protocol/node";
import type { ExitedSession, SessionReport } from "@orchastration/protocol/supervisor";
import { DAEMON, policy } from "../domain/actors.ts";
import type { FaultPoint } from "../domain/fault-point.ts";
import { advanceRun, type Ending, hasEnded, type RunTrigger } from "../domain/run-machine.ts";
import type { HashService } from "../hashing/hash-service.ts";
import type { Registry } from "../registry/registry.ts";
import { createObserveFiles } from "./observe-files.ts";
import type { RunService } from "./run.ts";
import type { RunRecords } from "./run-records.ts";

/** SHA-256 of no bytes. */
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export interface Settle {
  /** Commits one step of a run's life; waits for room when the state directory has none. */
  advance(id: string, trigger: RunTrigger, actor: Actor): Promise<Run>;
  /**
   * Brings the registry up to what a supervisor says of a session, however much of it is known already. Saying it twice changes nothing.
   * Answers the run as it stands then.
   */
  settle(id: string, report: SessionReport): Promise<Run>;
  /** The ending of a run whose output files may have anything in them: sizes and digests as they are now. */
  observeEnding(run: Run, endedAt: Date): Promise<Ending>;
}

export interface SettleDependencies {
  readonly registry: Registry;
  readonly hashing: Pick<HashService, "hashFiles" | "hashPrefix" | "hashConcatenation">;
  readonly records: RunRecords;
  /** Runs a commit again when the state directory had no room for it, until it has. */
  readonly persist: <T>(commit: () => Promise<T>) => Promise<T>;
  /** Bytes; 0 for a file that is not there. */
  readonly sizeOf: (file: string) => number;
  readonly faultPoint: FaultPoint;
  readonly runs: () => Pick<RunService, "free">;
}

export function createSettle(deps: SettleDependencies): Settle {
  const { registry, hashing, records, persist, sizeOf, faultPoint, runs } = deps;
  const observeFiles = createObserveFiles(hashing);

  async function advance(id: string, trigger: RunTrigger, actor: Actor): Promise<Run> {
    // That a command whose intent is on disk has a process by now is lost with the power as that process is.
    const isFlushed = trigger.type !== "launch";
    const committed = persist(() =>
      registry.commit((tx) => tx.runs.transition(id, advanceRun(id, tx.runs.get(id).state, trigger), actor), {
        isFlushed,
      }),
    );
    // What it makes room for is committed together with it.
    if (trigger.type === "exit") runs().free(id);
    const run = await committed;
    if (!hasEnded(run.state)) return run;
    faultPoint("after-outcome");
    records.write(run);
    return run;
  }

  async function settleNow(id: string, report: SessionReport): Promise<Run> {
    let run = registry.runs.get(id);
    if (run.state.status === "preparing") {
      run = await advance(id, { type: "launch", startedAt: report.startedAt, process: report.process }, DAEMON);
    }
    if (run.state.status === "running" && report.stopReason !== null) {
      const reason = report.stopReason;
      run = await advance(id, { type: "interrupt", reason }, policy(reason));
    }
    if (report.status === "live" || hasEnded(run.state)) return run;
    faultPoint("after-exit");
    return advance(id, await exitTrigger(run, report), DAEMON);
  }

  async function exitTrigger(run: Run, report: ExitedSession): Promise<RunTrigger> {
    const { stdoutBytes, stderrBytes, endedAt } = report;
    // Nobody measures a process to the nanosecond, and the record should be readable.
    const durationMs = Math.round(report.durationMs * 1_000) / 1_000;
    const summary = await summarize(run, stdoutBytes, stderrBytes);
    if ("unknown" in report.exit) {
      const reason = "its supervisor died, so its exit code is unknown; its output is complete";
      return { type: "lose", endedAt, durationMs, exit: null, summary, reason };
    }
    const exit: Exit = report.exit;
    return { type: "exit", endedAt, durationMs, exit, summary };
  }

  async function summarize(run: Run, stdoutBytes: number, stderrBytes: number): Promise<OutputSummary> {
    const streams = await summarizeStreams(run, stdoutBytes, stderrBytes);
    if (run.declaredOutputs === undefined) return streams;
    return { ...streams, files: await observeFiles(run.workingDir, run.declaredOutputs) };
  }

  async function summarizeStreams(run: Run, stdoutBytes: number, stderrBytes: number): Promise<OutputSummary> {
    if (run.isTty) {
      const stdoutSha256 = await digestJournal(run.output.stdoutPath, stdoutBytes);
      return { stdoutBytes, stderrBytes: 0, stdoutSha256, stderrSha256: null };
    }
    const [stdoutSha256, stderrSha256] = await Promise.all([
      digest(run.output.stdoutPath, stdoutBytes),
      digest(run.output.stderrPath, stderrBytes),
    ]);
    return { stdoutBytes, stderrBytes, stdoutSha256, stderrSha256 };
  }

  /** Null when the output cannot be read any more: the ending is recorded all the same, and says that it has no digest. */
  async function digest(file: string, sizeBytes: number): Promise<string | null> {
    if (sizeBytes === 0) return EMPTY_SHA256;
    const outcome = await hashing.hashPrefix(file, sizeBytes);
    return "hash" in outcome ? outcome.hash : null;
  }

  /** Null as well when the oldest segments were dropped. */
  async function digestJournal(directory: string, sizeBytes: number): Promise<string | null> {
    if (sizeBytes === 0) return EMPTY_SHA256;
    const [first, ...others] = listJournalSegments(directory);
    if (first === undefined || first.offset > 0) return null;
    const outcome = await hashing.hashConcatenation([first.path, ...others.map(({ path }) => path)], sizeBytes);
    return "hash" in outcome ? outcome.hash : null;
  }

  return {
    advance,
    settle: (id, report) => persist(() => settleNow(id, report)),
    async observeEnding(run, endedAt) {
      const { stdoutPath, stderrPath } = run.output;
      const startedAt = "startedAt" in run.state ? run.state.startedAt : null;
      return {
        endedAt: endedAt.toISOString(),
        durationMs: startedAt === null ? 0 : Math.max(0, endedAt.getTime() - Date.parse(startedAt)),
        exit: null,
        summary: run.isTty
          ? await summarize(run, openJournal(stdoutPath).endOffset, 0)
          : await summarize(run, sizeOf(stdoutPath), sizeOf(stderrPath)),
      };
    },
  };
}
