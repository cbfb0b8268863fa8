/** What samples of the processor time of a session's processes tell. */
export interface ProcessorUse {
  readonly last: { readonly atMs: number; readonly usedMs: number } | null;
  readonly isBusy: boolean;
  /** The last time they worked: from when, up to which sample, and how much of one processor at the end. */
  readonly busy: { readonly fromMs: number; readonly toMs: number; readonly percent: number } | null;
  /** Until the next sample. */
  readonly pauseMs: number;
}

/** A terminal program that waits and blinks takes one or two percent, a build that waits for a disk still more than this. */
const BUSY_PERCENT = 10;
/** Counted from the last visible change: spinners are never sampled. */
const FIRST_SAMPLE_AFTER_MS = 1_000;
/** The second sample, which is the first to tell something, is to be there when the screen counts as quiet. */
const FIRST_PAUSE_MS = 1_900;
const BUSY_PAUSE_MS = 5_000;
/** So long a busy processor counts without another sample. */
export const BUSY_FOR_MS = 3 * BUSY_PAUSE_MS;
/** What rests is looked at less and less often. */
const LONGEST_PAUSE_MS = 60_000;

export const NO_PROCESSOR_USE: ProcessorUse = { last: null, isBusy: false, busy: null, pauseMs: FIRST_PAUSE_MS };

export function sampleProcessor(use: ProcessorUse, usedMs: number, atMs: number): ProcessorUse {
  const last = { atMs, usedMs };
  if (use.last === null || atMs <= use.last.atMs) return { ...use, last };
  const elapsedMs = atMs - use.last.atMs;
  // A process that ends takes what it used with it unless its parent asks for it.
  const workedMs = Math.max(0, usedMs - use.last.usedMs);
  const percent = Math.round((100 * workedMs) / elapsedMs);
  if (percent >= BUSY_PERCENT) {
    const fromMs = use.isBusy && use.busy !== null ? use.busy.fromMs : atMs - Math.min(elapsedMs, workedMs);
    return { last, isBusy: true, busy: { fromMs, toMs: atMs, percent }, pauseMs: BUSY_PAUSE_MS };
  }
  const pauseMs = use.isBusy ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, use.pauseMs * 2);
  return { ...use, last, isBusy: false, pauseMs };
}

/** Something happened: what was found out holds until two new samples tell otherwise. */
export function measureAnew(use: ProcessorUse): ProcessorUse {
  return { ...use, last: null, pauseMs: FIRST_PAUSE_MS };
}

/** @param happenedMs when the session gave its last sign */
export function nextSampleAt({ last, pauseMs }: ProcessorUse, happenedMs: number): number {
  return last === null ? happenedMs + FIRST_SAMPLE_AFTER_MS : last.atMs + pauseMs;
}
