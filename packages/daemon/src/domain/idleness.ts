import type { Activity } from "./activity.ts";

export interface IdleTerms {
  /** A session that is quiet for so long is idle. */
  readonly timeoutMs: number;
  /** One that works for so long is not idle any more. */
  readonly dwellMs: number;
}

/** Whether a session is idle at this moment, and when that changes by itself; null: not without a further signal. */
export interface IdleReview {
  readonly isIdle: boolean;
  readonly changesAtMs: number | null;
}

/**
 * Idle: quiet for `timeoutMs`, at once when it is blocked or was said to be idle. Active again: a key, or work for `dwellMs`; a single change of
 * the screen is not work. After a key the session gets the whole timeout again, whatever it still says of itself.
 */
export function reviewIdleness(
  wasIdle: { readonly isIdle: boolean; readonly sinceMs: number },
  activity: Activity,
  typedAtMs: number | null,
  { timeoutMs, dwellMs }: IdleTerms,
  nowMs: number,
): IdleReview {
  if (wasIdle.isIdle) {
    const isTyping = typedAtMs !== null && typedAtMs > wasIdle.sinceMs && nowMs - typedAtMs < timeoutMs;
    return isTyping ? { isIdle: false, changesAtMs: typedAtMs + timeoutMs } : reviewIdle(activity, dwellMs, nowMs);
  }
  if (activity.state === "working") return { isIdle: false, changesAtMs: null };
  const isTypedSince = typedAtMs !== null && typedAtMs >= activity.sinceMs;
  const isAtOnce = activity.state === "blocked" || activity.source === "explicit";
  const fromMs = isTypedSince ? typedAtMs : activity.sinceMs;
  const idleAtMs = isAtOnce && !isTypedSince ? activity.sinceMs : fromMs + timeoutMs;
  return nowMs >= idleAtMs ? { isIdle: true, changesAtMs: null } : { isIdle: false, changesAtMs: idleAtMs };
}

function reviewIdle(activity: Activity, dwellMs: number, nowMs: number): IdleReview {
  if (activity.state !== "working") return { isIdle: true, changesAtMs: null };
  const { sinceMs, workedUntilMs, source } = activity;
  if (workedUntilMs - sinceMs >= dwellMs) return { isIdle: false, changesAtMs: null };
  // A claim holds by itself; a screen or a processor has to be seen working again.
  const isClaim = source === "explicit" || source === "program-status";
  return { isIdle: true, changesAtMs: isClaim ? Math.max(nowMs, sinceMs + dwellMs) : null };
}
