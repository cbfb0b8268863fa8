import type { ProcessIdentity, Session } from "@orchastration/protocol/contract";
import {
  type Activity,
  type ActivityEvidence,
  type ActivitySignal,
  activityAt,
  beginEvidence,
  type Finding,
  isProcessorDecisive,
  nextActivityChangeMs,
  nextSampleMs,
  takeSignal,
} from "../domain/activity.ts";
import { type IdleTerms, reviewIdleness } from "../domain/idleness.ts";

export interface IdleChange {
  readonly session: string;
  readonly isIdle: boolean;
  /** What the session does, and why that is thought. */
  readonly activity: Activity;
}

/** What the sessions with a terminal do. It listens and concludes; nothing it hears makes it do anything to a session. */
export interface ActivityService {
  /** A session is live. Repeated: no effect. */
  begin(session: string, process: ProcessIdentity): void;
  end(session: string): void;
  /** Without effect for a session that is not live. */
  take(session: string, signal: ActivitySignal): void;
  /** Undefined for a session that is not live, or has no terminal. */
  activityOf(session: string): Activity | undefined;
  /** As clients are told. */
  describe(session: string): Session["activity"];
  /** Measures the processor time of those that look quiet and are not watched, so that they can be described. Takes a fifth of a second if there are any. */
  measure(sessions: readonly string[]): Promise<void>;
  /** State, kind or source of a session's activity changed. Answers what ends it. */
  onChanged(listener: (session: string, activity: Activity) => void): () => void;
  /** A person's or a harness's own word; null takes it back. */
  setExplicit(session: string, word: { readonly finding: Finding; readonly reason: string } | null): void;
  /** From now on it is found out whether the session is idle. `isIdle`: what was known last. Also before the session is live. */
  watchIdleness(session: string, isIdle: boolean): void;
  unwatchIdleness(session: string): void;
  /** Undefined for a session whose idleness is not watched. */
  isIdle(session: string): boolean | undefined;
  onIdleChanged(listener: (change: IdleChange) => void): () => void;
  close(): void;
}

export interface ActivityDependencies {
  readonly terms: () => IdleTerms;
  readonly now: () => Date;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
  /** Answers what cancels it. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
  /** Milliseconds used by the process and its descendants; null: unknown. */
  readonly readProcessorTime: (leader: ProcessIdentity) => Promise<number | null>;
}

interface Followed {
  readonly process: ProcessIdentity;
  evidence: ActivityEvidence;
  /** What was told last. */
  told: Activity;
  isSampling: boolean;
  /** No sample can be had. */
  isUnmeasurable: boolean;
}

/** Between the two samples of a session that is measured once. */
const MEASURED_MS = 200;

export function createActivityService(deps: ActivityDependencies): ActivityService {
  const { terms, now, monotonicMs, after, readProcessorTime } = deps;
  const followed = new Map<string, Followed>();
  const watched = new Map<string, { readonly isIdle: boolean; readonly sinceMs: number }>();
  const changeListeners = new Set<(session: string, activity: Activity) => void>();
  const idleListeners = new Set<(change: IdleChange) => void>();
  /** The one timer, for whatever changes first by itself. */
  let timer: { readonly atMs: number; readonly cancel: () => void } | undefined;
  let isClosed = false;

  function change(session: string, next: (evidence: ActivityEvidence, nowMs: number) => ActivityEvidence): void {
    const entry = followed.get(session);
    if (entry === undefined) return;
    entry.evidence = next(entry.evidence, monotonicMs());
    wakeAt(review(session, entry));
  }

  /** Tells what has changed, and answers when something will change by itself. */
  function review(session: string, entry: Followed): number {
    const nowMs = monotonicMs();
    const activity = activityAt(entry.evidence, nowMs);
    const { told } = entry;
    entry.told = activity;
    if (!isSameActivity(told, activity)) for (const listener of changeListeners) listener(session, activity);
    const times = [nextActivityChangeMs(entry.evidence, nowMs), reviewWatched(session, entry, activity, nowMs)];
    return Math.min(...times.map((time) => time ?? Infinity));
  }

  function reviewWatched(session: string, entry: Followed, activity: Activity, nowMs: number): number | null {
    const was = watched.get(session);
    if (was === undefined) return null;
    const { isIdle, changesAtMs } = reviewIdleness(was, activity, entry.evidence.typedAtMs, terms(), nowMs);
    if (isIdle !== was.isIdle) {
      watched.set(session, { isIdle, sinceMs: nowMs });
      for (const listener of idleListeners) listener({ session, isIdle, activity });
    }
    return Math.min(changesAtMs ?? Infinity, sampleIfDue(session, entry, nowMs) ?? Infinity);
  }

  function sampleIfDue(session: string, entry: Followed, nowMs: number): number | null {
    if (entry.isSampling || entry.isUnmeasurable) return null;
    const dueMs = nextSampleMs(entry.evidence, nowMs);
    if (dueMs === null || dueMs > nowMs) return dueMs;
    void sample(session, entry);
    return null;
  }

  async function sample(session: string, entry: Followed): Promise<void> {
    entry.isSampling = true;
    const usedMs = await readProcessorTime(entry.process).catch(() => null);
    entry.isSampling = false;
    if (usedMs === null) entry.isUnmeasurable = true;
    else if (followed.get(session) === entry)
      change(session, (evidence, at) => takeSignal(evidence, { type: "processor", usedMs }, at));
  }

  function wakeAt(atMs: number): void {
    if (isClosed || atMs === Infinity || (timer !== undefined && timer.atMs <= atMs)) return;
    timer?.cancel();
    const cancel = after(Math.max(0, Math.ceil(atMs - monotonicMs())), () => {
      timer = undefined;
      let nextMs = Infinity;
      for (const [session, entry] of followed) nextMs = Math.min(nextMs, review(session, entry));
      wakeAt(nextMs);
    });
    timer = { atMs, cancel };
  }

  function reviewNow(session: string): void {
    const entry = followed.get(session);
    if (entry !== undefined) wakeAt(review(session, entry));
  }

  return {
    begin(session, process) {
      if (followed.has(session)) return;
      const nowMs = monotonicMs();
      const evidence = beginEvidence(nowMs);
      const entry = { process, evidence, told: activityAt(evidence, nowMs), isSampling: false, isUnmeasurable: false };
      followed.set(session, entry);
      wakeAt(review(session, entry));
    },
    end(session) {
      followed.delete(session);
      watched.delete(session);
    },
    take: (session, signal) => change(session, (evidence, nowMs) => takeSignal(evidence, signal, nowMs)),
    activityOf(session) {
      const entry = followed.get(session);
      return entry && activityAt(entry.evidence, monotonicMs());
    },
    describe(session) {
      const nowMs = monotonicMs();
      const entry = followed.get(session);
      if (entry === undefined) return null;
      const activity = activityAt(entry.evidence, nowMs);
      const { state, source, reason, sinceMs } = activity;
      const since = new Date(now().getTime() - Math.round(nowMs - sinceMs)).toISOString();
      return { state, kind: kindOf(activity), source, reason, since };
    },
    async measure(sessions) {
      const unmeasured = sessions.flatMap((session) => {
        const entry = followed.get(session);
        if (entry === undefined || watched.has(session)) return [];
        return isProcessorDecisive(entry.evidence, monotonicMs()) ? [{ session, entry }] : [];
      });
      if (unmeasured.length === 0) return;
      const sampleAll = () => Promise.all(unmeasured.map(({ session, entry }) => sample(session, entry)));
      await sampleAll();
      await new Promise<void>((resolve) => after(MEASURED_MS, resolve));
      await sampleAll();
    },
    onChanged(listener) {
      changeListeners.add(listener);
      return () => changeListeners.delete(listener);
    },
    setExplicit(session, word) {
      const signal: ActivitySignal = word === null ? { type: "explicit-withdrawn" } : { type: "explicit", ...word };
      change(session, (evidence, nowMs) => takeSignal(evidence, signal, nowMs));
    },
    watchIdleness(session, isIdle) {
      if (watched.has(session)) return;
      watched.set(session, { isIdle, sinceMs: monotonicMs() });
      reviewNow(session);
    },
    unwatchIdleness: (session) => void watched.delete(session),
    isIdle: (session) => watched.get(session)?.isIdle,
    onIdleChanged(listener) {
      idleListeners.add(listener);
      return () => idleListeners.delete(listener);
    },
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}

function kindOf(activity: Activity): Extract<Finding, { state: "blocked" }>["kind"] {
  return activity.state === "blocked" ? activity.kind : null;
}

function isSameActivity(a: Activity, b: Activity): boolean {
  return a.state === b.state && a.source === b.source && kindOf(a) === kindOf(b);
}
