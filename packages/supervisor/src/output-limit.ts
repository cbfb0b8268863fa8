import { type FSWatcher, statSync, watch } from "node:fs";
import type { PipeOutput } from "@orchastration/protocol/supervisor";
import type { Clock } from "./clock.ts";

/** Nothing writes faster to a file for long; so early the limit could be reached, and so late it is looked at again. */
const FASTEST_BYTES_PER_MS = (2 * 2 ** 30) / 1000;
const SHORTEST_INTERVAL_MS = 1000;
const LONGEST_INTERVAL_MS = 30_000;

export function outputSizes({ stdoutPath, stderrPath }: PipeOutput): { stdoutBytes: number; stderrBytes: number } {
  return { stdoutBytes: sizeOf(stdoutPath), stderrBytes: sizeOf(stderrPath) };
}

/**
 * Calls back once when both files together have reached the limit. Returns what ends the watch. Output that stands still is left to the system to
 * tell of, and looked at by ourselves only rarely: idle sessions are to cost nothing.
 */
export function watchOutputLimit(clock: Clock, output: PipeOutput, onReached: () => void): () => void {
  if (output.maxBytes === 0) return () => {};
  let knownBytes = -1;
  let cancelTimer = (): void => {};
  let watchers: readonly FSWatcher[] = [];

  function check(): void {
    const { stdoutBytes, stderrBytes } = outputSizes(output);
    const bytes = stdoutBytes + stderrBytes;
    const isStill = bytes === knownBytes;
    knownBytes = bytes;
    if (bytes >= output.maxBytes) return onReached();
    checkIn(isStill ? LONGEST_INTERVAL_MS : checkIntervalMs(output.maxBytes - bytes));
    if (isStill) awaitGrowth();
  }

  function checkIn(delayMs: number): void {
    cancelTimer = clock.after(delayMs, () => {
      closeWatchers();
      check();
    });
  }

  function awaitGrowth(): void {
    watchers = [output.stdoutPath, output.stderrPath].flatMap((path) => watchIfPossible(path, onGrowth));
    const { stdoutBytes, stderrBytes } = outputSizes(output);
    // It may have grown between the look and the watch.
    if (stdoutBytes + stderrBytes !== knownBytes) onGrowth();
  }

  function onGrowth(): void {
    closeWatchers();
    cancelTimer();
    checkIn(checkIntervalMs(output.maxBytes - knownBytes));
  }

  function closeWatchers(): void {
    for (const watcher of watchers) watcher.close();
    watchers = [];
  }

  checkIn(checkIntervalMs(output.maxBytes));
  return () => {
    cancelTimer();
    closeWatchers();
  };
}

export function checkIntervalMs(restBytes: number): number {
  return Math.min(LONGEST_INTERVAL_MS, Math.max(SHORTEST_INTERVAL_MS, restBytes / FASTEST_BYTES_PER_MS));
}

/** A system without watches left, or a file that is gone, leaves it to the rare look. */
function watchIfPossible(path: string, onChange: () => void): readonly FSWatcher[] {
  try {
    return [watch(path, onChange).on("error", () => {})];
  } catch {
    return [];
  }
}

/** A journal that somebody removed has nothing in it. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
