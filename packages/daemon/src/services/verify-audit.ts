import { OrchastrationError } from "@orchastration/protocol";
import type { Params, Result, Run } from "@orchastration/protocol/contract";
import { listJournalSegments } from "@orchastration/protocol/node";
import type { Heads, StoredHead } from "../audit/heads.ts";
import type { HashOutcome } from "../hashing/hash-outcome.ts";
import type { HashService } from "../hashing/hash-service.ts";
import type { Registry } from "../registry/registry.ts";
import { findDroppedOutput } from "./dropped-output.ts";
import { findSegmentFlaw } from "./verify-recording.ts";

export interface VerifyAuditDependencies {
  readonly registry: Pick<Registry, "runs" | "events" | "verify">;
  readonly heads: Pick<Heads, "read">;
  readonly hashing: Pick<HashService, "hashFiles" | "hashPrefix" | "hashConcatenation">;
}

export interface Observer {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: AuditProgress) => void;
}

export interface AuditProgress {
  readonly eventsDone: number;
  readonly eventsTotal: number;
  readonly outputsDone: number;
}

export type VerifyAudit = (range: Pick<Params<"audit.verify">, "from" | "to">, observer: Observer) => Promise<Verified>;

type Verified = Result<"audit.verify">;
type Difference = NonNullable<Verified["difference"]>;

/** A piece of output that a run's outcome has a digest of. */
interface Output {
  readonly run: Run;
  readonly stream: "stdout" | "stderr";
  readonly path: string;
  readonly sizeBytes: number;
  /** Null: it could not be read completely when the run ended. */
  readonly sha256: string | null;
}

/**
 * Looks for the first thing that is not as it was recorded: the chain and the runs, then the signed heads, then the outputs. What retention dropped
 * is counted, not a difference.
 * @throws OrchastrationError InvalidSeq; the signal's reason
 */
export function createVerifyAudit({ registry, heads, hashing }: VerifyAuditDependencies): VerifyAudit {
  return async ({ from = 1, to: wantedTo }, { signal, onProgress }) => {
    const to = wantedTo ?? registry.events.headSeq();
    requireRange(from, to, registry.events.headSeq());
    const counts = { from, to, events: to - from + 1, heads: 0, outputs: 0, outputsGone: 0 };
    const say = (seq: number): void =>
      onProgress({ eventsDone: seq - from + 1, eventsTotal: counts.events, outputsDone: counts.outputs });

    const chain = await registry.verify({ from, ...(wantedTo === undefined ? {} : { to }), signal, onProgress: say });
    if (!chain.ok) return { ...counts, difference: { seq: chain.seq, reason: chain.reason } };
    for (const stored of heads.read()) {
      const flaw = flawOfHead(stored, registry.events);
      if (flaw !== undefined) {
        return {
          ...counts,
          difference: { seq: stored.seq, reason: `the signed head of event ${stored.seq}: ${flaw}` },
        };
      }
      counts.heads += 1;
    }
    for (const output of outputsOf(registry.runs.endedAfter(from - 1), to)) {
      const found = await check(output, signal);
      signal.throwIfAborted();
      if (found === "gone") counts.outputsGone += 1;
      else if (found === "as recorded") counts.outputs += 1;
      else return { ...counts, difference: found };
      say(to);
    }
    return { ...counts, difference: null };
  };

  async function check(output: Output, signal: AbortSignal): Promise<"as recorded" | "gone" | Difference> {
    const { run, stream } = output;
    const differs = (reason: string): Difference => ({
      seq: run.eventSeq,
      reason: `${run.isTty ? "the recording" : stream} of run ${run.id}: ${reason}`,
    });
    // Also of a recording whose beginning went while it was made, so that there is no digest of the whole.
    const flaw = run.isTty ? await findSegmentFlaw(output.path, hashing, signal) : undefined;
    if (flaw !== undefined) return differs(flaw);
    if (output.sha256 === null) return "gone";
    if (output.sizeBytes === 0) return "as recorded";
    const outcome = run.isTty
      ? await hashJournal(output, signal)
      : await hashing.hashPrefix(output.path, output.sizeBytes, { signal });
    if ("hash" in outcome && outcome.hash === output.sha256) return "as recorded";
    if ("error" in outcome && findDroppedOutput(registry.events, run) !== undefined) return "gone";
    return differs("error" in outcome ? outcome.error.message : "its bytes are not those that were recorded");
  }

  async function hashJournal({ path, sizeBytes }: Output, signal: AbortSignal): Promise<HashOutcome> {
    const [first, ...others] = listJournalSegments(path);
    if (first === undefined || first.offset > 0) {
      return { file: path, error: { kind: "FileNotFound", message: "its beginning is gone, and no event says why" } };
    }
    return hashing.hashConcatenation([first.path, ...others.map((segment) => segment.path)], sizeBytes, { signal });
  }
}

/** Cheap enough to look at all of them, whatever the range: the hashes of the log are believed only where the chain was recomputed. */
export function flawOfHead(
  stored: StoredHead,
  events: Pick<Registry["events"], "headSeq" | "linksAfter">,
): string | undefined {
  if ("flaw" in stored) return stored.flaw;
  const { seq, hash } = stored.head;
  const headSeq = events.headSeq();
  if (seq > headSeq) return `the log ends at event ${headSeq}`;
  const [link] = events.linksAfter(seq - 1, 1);
  const isThere = link?.seq === seq && Buffer.from(link.hash).toString("hex") === hash;
  return isThere ? undefined : "the log has another event there";
}

function* outputsOf(runs: Iterable<Run>, to: number): Generator<Output> {
  for (const run of runs) {
    if (run.eventSeq > to) return;
    if (!("summary" in run.state)) continue;
    const { stdoutBytes, stderrBytes, stdoutSha256, stderrSha256 } = run.state.summary;
    const { stdoutPath, stderrPath } = run.output;
    yield { run, stream: "stdout", path: stdoutPath, sizeBytes: stdoutBytes, sha256: stdoutSha256 };
    if (!run.isTty) yield { run, stream: "stderr", path: stderrPath, sizeBytes: stderrBytes, sha256: stderrSha256 };
  }
}

function requireRange(from: number, to: number, headSeq: number): void {
  if (from <= to && to <= headSeq) return;
  throw new OrchastrationError("InvalidSeq", `there are no events ${from} to ${to}: the newest is ${headSeq}`, {
    hint: `Name events between 1 and ${headSeq}, the first of them first.`,
  });
}
