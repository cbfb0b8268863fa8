/** Where one client stands in the output. All are absolute offsets of the journal. */
export interface Progress {
  /** Next byte to send. */
  readonly next: number;
  /** Consumed by the client up to here. */
  readonly acknowledged: number;
  /** Up to here it asked for older output, which is not skipped. */
  readonly historyEnd: number;
  /** Behind the newest byte. */
  readonly end: number;
  /** Bytes that may be on their way to it. */
  readonly budgetBytes: number;
}

export type Step =
  | { readonly kind: "send"; readonly bytes: number }
  | { readonly kind: "skip"; readonly to: number }
  | { readonly kind: "wait" };

/** A person's terminal: at 10 MB/s it is never more than 13 ms behind what it shows, so that Ctrl-C during a flood acts at once. */
const DEFAULT_BUDGET_BYTES = 128 * 1024;
/** Below, one burst of a program would count as falling behind. */
const SMALLEST_BUDGET_BYTES = 16 * 1024;
const LARGEST_BUDGET_BYTES = 1024 * 1024;

export function grantBudget(wantedBytes = DEFAULT_BUDGET_BYTES): number {
  return Math.min(LARGEST_BUDGET_BYTES, Math.max(SMALLEST_BUDGET_BYTES, wantedBytes));
}

/**
 * What to do for a client now. History comes at the client's own pace. From there on a client that is within its budget gets everything; one that
 * fell behind gets nothing until it has consumed what it was sent, and then goes on with the newest byte.
 */
export function nextStep({ next, acknowledged, historyEnd, end, budgetBytes }: Progress): Step {
  if (next >= end) return { kind: "wait" };
  if (next < historyEnd) {
    const bytes = Math.min(acknowledged + budgetBytes, historyEnd) - next;
    return bytes > 0 ? { kind: "send", bytes } : { kind: "wait" };
  }
  if (end - acknowledged <= budgetBytes) return { kind: "send", bytes: end - next };
  return acknowledged >= next ? { kind: "skip", to: end } : { kind: "wait" };
}
