import { setImmediate as nextTurn } from "node:timers/promises";
import { entityOfRun, runOfEntity } from "@orchastration/protocol";
import type { EventPayload, Run } from "@orchastration/protocol/contract";
import { listJournalDigests, listJournalSegments } from "@orchastration/protocol/node";
import { policy } from "../domain/actors.ts";
import { chooseDrops, type Drop, type KeptOutput, type RetentionBounds } from "../domain/retention.ts";
import { hasEnded } from "../domain/run-machine.ts";
import type { Log } from "../logging/log.ts";
import type { Registry } from "../registry/registry.ts";
import { findDroppedOutput } from "./dropped-output.ts";
import type { SessionDirectories } from "./session-directories.ts";
import { unlinkJournal } from "./session-output.ts";

const FIRST_REVIEW_DELAY_MS = 1_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const RETENTION = policy("retention");

/**
 * Keeps the journals of terminals within `journal.max_bytes_total` and `journal.retention_days`. What is dropped is in the log, with its digests,
 * before it is deleted; a deletion that was interrupted is finished by the next daemon.
 */
export interface Retention {
  /** Looks at everything now, or once more when a look is under way. Resolves when nothing is left to do; failures are logged. */
  review(): Promise<void>;
  /** The first look of a daemon: whoever had it started has its answers by then. */
  reviewSoon(): void;
  close(): void;
}

export interface RetentionDependencies {
  readonly registry: Pick<Registry, "runs" | "events" | "commit" | "onCommitted">;
  readonly sessionDirectories: Pick<SessionDirectories, "names" | "pathOf" | "remove">;
  readonly bounds: () => RetentionBounds;
  readonly now: () => Date;
  readonly setTimer: (callback: () => void, delayMs: number) => void;
  readonly log: Log;
}

export function createRetention(deps: RetentionDependencies): Retention {
  const { registry, sessionDirectories, bounds, now, setTimer, log } = deps;
  let underWay: Promise<void> | undefined;
  let isDue = false;
  let isClosed = false;

  async function work(): Promise<void> {
    while (isDue && !isClosed) {
      isDue = false;
      try {
        await lookAtAll();
      } catch (error) {
        log.warn("retention.failed", `old output is dropped later: ${String(error)}`);
      }
    }
  }

  async function lookAtAll(): Promise<void> {
    const kept: KeptOutput[] = [];
    for (const session of sessionDirectories.names()) {
      // One directory at a time: there may be thousands, and others have their turn.
      await nextTurn();
      if (isClosed) return;
      const run = registry.runs.find(session);
      // What no run is known of is not ours to delete: `doctor` lists it.
      if (run === undefined || !run.isTty) continue;
      if (hasEnded(run.state) && findDroppedOutput(registry.events, run) !== undefined) remove(run);
      else kept.push(describe(run));
    }
    for (const drop of chooseDrops(kept, bounds(), now().getTime())) {
      if (isClosed) return;
      await dropOutput(drop);
    }
  }

  function describe({ id, state }: Run): KeptOutput {
    const bytes = listJournalSegments(sessionDirectories.pathOf(id)).reduce((sum, segment) => sum + segment.bytes, 0);
    return { session: id, bytes, endedAtMs: hasEnded(state) && "endedAt" in state ? Date.parse(state.endedAt) : null };
  }

  async function dropOutput({ session, reason }: Drop): Promise<void> {
    const run = registry.runs.get(session);
    const payload = { run: session, reason, ...inventory(run) };
    await registry.commit((tx) =>
      tx.events.append({ name: "session.outputDropped", entity: entityOfRun(session), actor: RETENTION, payload }),
    );
    remove(run);
    log.info("session.outputDropped", `${payload.bytes} bytes, because of journal.${reason}`, { run: session });
  }

  /** What is about to go, with the digests as they were. */
  function inventory({ id, state }: Run): Pick<EventPayload<"session.outputDropped">, "bytes" | "sha256" | "segments"> {
    const directory = sessionDirectories.pathOf(id);
    const digests = listJournalDigests(directory);
    const segments = listJournalSegments(directory).map(({ offset, bytes }) => ({
      offset,
      bytes,
      sha256: digests.get(offset) ?? null,
    }));
    return {
      bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      sha256: "summary" in state ? state.summary.stdoutSha256 : null,
      segments,
    };
  }

  /** The directory last: as long as it is there the removal is not finished. */
  function remove(run: Run): void {
    unlinkJournal(run.output.stdoutPath);
    sessionDirectories.remove(run.id);
  }

  function review(): Promise<void> {
    isDue = true;
    underWay ??= work().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  function reviewDaily(): void {
    setTimer(() => {
      if (isClosed) return;
      void review();
      reviewDaily();
    }, DAY_MS);
  }

  const stopListening = registry.onCommitted((events) => {
    const { totalBytes, retentionMs } = bounds();
    if (totalBytes === null && retentionMs === null) return;
    if (events.some(({ entity, name }) => name.startsWith("run.") && isEndedTerminal(runOfEntity(entity))))
      void review();
  });

  function isEndedTerminal(id: string | undefined): boolean {
    const run = id === undefined ? undefined : registry.runs.find(id);
    return run !== undefined && run.isTty && hasEnded(run.state);
  }

  reviewDaily();
  return {
    review,
    reviewSoon: () => setTimer(() => void review(), FIRST_REVIEW_DELAY_MS),
    close() {
      isClosed = true;
      stopListening();
    },
  };
}
