/** How often it looks whether there is still nothing to do: only while `daemon.idle_exit_seconds` asks for it. */
const LOOK_MS = 1_000;

export interface IdleExitDependencies {
  /** Null: the daemon stays. */
  readonly idleExitMs: () => number | null;
  /** No client is connected and nothing runs or waits. */
  readonly isIdle: () => boolean;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
  readonly setTimer: (callback: () => void, delayMs: number) => void;
  readonly end: () => void;
}

/** Ends a daemon that nobody has needed for as long as the configuration says. Answers the function to call after a new configuration. */
export function createIdleExit({ idleExitMs, isIdle, monotonicMs, setTimer, end }: IdleExitDependencies): () => void {
  let isLooking = false;
  let idleSinceMs = monotonicMs();

  function look(): void {
    const allowedMs = idleExitMs();
    isLooking = allowedMs !== null;
    if (allowedMs === null) return;
    if (!isIdle()) idleSinceMs = monotonicMs();
    else if (monotonicMs() - idleSinceMs >= allowedMs) return end();
    setTimer(look, Math.min(LOOK_MS, allowedMs));
  }

  return () => {
    if (!isLooking) look();
  };
}
