import { runFacts, toPlainText } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import type { Colors } from "./colors.ts";
import { count, formatTime } from "./format.ts";

export interface PlotOptions {
  /** Columns of the whole plot. */
  readonly width: number;
  readonly nowMs: number;
  /** Without colours the bars are ASCII. */
  readonly colors: Colors;
}

type Status = Run["state"]["status"];

interface Bar {
  readonly status: Status;
  readonly from: number;
  /** The last cell. */
  readonly to: number;
}

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

const MAX_LABEL = 24;
const MIN_CELLS = 20;
/** Runs of one job beside each other. */
const MAX_LINES = 8;
const BLOCK = "█";

/** One sign for each outcome, and its colour. */
const SIGNS = {
  succeeded: ["#", "green"],
  failed: ["x", "red"],
  timed_out: ["t", "red"],
  lost: ["?", "magenta"],
  stopped: ["-", "gray"],
  cancelled: ["-", "gray"],
  stopping: [">", "cyan"],
  running: [">", "cyan"],
  preparing: [">", "cyan"],
  queued: [".", "yellow"],
} as const satisfies Record<Status, readonly [sign: string, color: keyof Colors]>;

const WORDS = {
  succeeded: "succeeded",
  failed: "failed",
  timed_out: "timed out",
  lost: "lost",
  stopped: "stopped or cancelled",
  cancelled: "stopped or cancelled",
  stopping: "running",
  running: "running",
  preparing: "running",
  queued: "queued",
} as const satisfies Record<Status, string>;

/**
 * Runs as bars over time, those of a job beside each other, and on further lines where they overlap. A run shorter than a column takes one.
 * The newest job is the first.
 */
export function plotRuns(runs: readonly Run[], { width, nowMs, colors }: PlotOptions): string[] {
  const oldestFirst = runs.toSorted((a, b) => spanOf(a, nowMs).startMs - spanOf(b, nowMs).startMs);
  const spans = runs.map((run) => spanOf(run, nowMs));
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const lengthMs = Math.max(1, Math.max(...spans.map((span) => span.endMs)) - startMs);
  const labelWidth = Math.min(MAX_LABEL, Math.max(...runs.map(({ name }) => toPlainText(name).length)));
  const cells = Math.max(MIN_CELLS, width - labelWidth - 2);
  const cellOf = (ms: number): number => Math.min(cells - 1, Math.floor(((ms - startMs) / lengthMs) * cells));

  let hidden = 0;
  const lines: string[] = [];
  for (const [name, ofJob] of byJob(oldestFirst)) {
    const { stacked, left } = stack(ofJob.map((run) => barOf(run)));
    hidden += left;
    stacked.forEach((bars, index) => {
      lines.push(`${labelOf(index === 0 ? name : "", labelWidth)} |${draw(bars, colors)}`.trimEnd());
    });
  }
  return [
    ...lines,
    `${" ".repeat(labelWidth)} +${"-".repeat(cells)}`,
    `${" ".repeat(labelWidth + 2)}${axis(startMs, startMs + lengthMs, cells)}`,
    `${" ".repeat(labelWidth + 2)}${legend(runs, colors)}`,
    ...(hidden === 0 ? [] : [`${" ".repeat(labelWidth + 2)}${count(hidden, "run")} at the same time not drawn`]),
  ];

  function barOf(run: Run): Bar {
    const span = spanOf(run, nowMs);
    const from = cellOf(span.startMs);
    // The column of the end belongs to whatever begins there, so that one run after another share a line.
    const end = Math.floor(((span.endMs - startMs) / lengthMs) * cells);
    return { status: run.state.status, from, to: Math.max(from, end - 1) };
  }
}

function spanOf({ state, queuedAt }: Run, nowMs: number): Span {
  const { startedAt, durationMs } = runFacts(state);
  const startMs = Date.parse(startedAt ?? queuedAt);
  if ("endedAt" in state) return { startMs, endMs: Math.max(startMs, startMs + (durationMs ?? 0)) };
  return { startMs, endMs: Math.max(startMs, nowMs) };
}

/** The job of the newest run first. Jobs of one name in several repositories are several. */
function byJob(oldestFirst: readonly Run[]): Iterable<readonly [name: string, runs: readonly Run[]]> {
  const groups = Map.groupBy(oldestFirst, ({ name, repository }) => JSON.stringify([name, repository]));
  const newestFirst = [...groups.values()].toSorted(
    (a, b) => oldestFirst.indexOf(lastOf(b)) - oldestFirst.indexOf(lastOf(a)),
  );
  return newestFirst.map((runs) => [toPlainText(lastOf(runs).name), runs]);
}

function lastOf(runs: readonly Run[]): Run {
  const last = runs.at(-1);
  if (last === undefined) throw new Error("a group has no runs");
  return last;
}

/** Each bar on the first line that is free there. */
function stack(bars: readonly Bar[]): { readonly stacked: readonly (readonly Bar[])[]; readonly left: number } {
  const stacked: Bar[][] = [];
  let left = 0;
  for (const bar of bars) {
    const free = stacked.find((line) => (line.at(-1)?.to ?? -1) < bar.from);
    if (free !== undefined) free.push(bar);
    else if (stacked.length < MAX_LINES) stacked.push([bar]);
    else left += 1;
  }
  return { stacked, left };
}

function draw(bars: readonly Bar[], colors: Colors): string {
  let column = 0;
  return bars
    .map(({ status, from, to }) => {
      const gap = " ".repeat(from - column);
      column = to + 1;
      return gap + paint(status, to - from + 1, colors);
    })
    .join("");
}

function paint(status: Status, cells: number, colors: Colors): string {
  const [sign, color] = SIGNS[status];
  if (!colors.isColorSupported) return sign.repeat(cells);
  return colors[color](BLOCK.repeat(cells));
}

function labelOf(name: string, width: number): string {
  return (name.length > width ? `${name.slice(0, width - 1)}~` : name).padEnd(width);
}

function axis(fromMs: number, toMs: number, cells: number): string {
  const [from, to] = [fromMs, toMs].map((ms) => formatTime(new Date(ms).toISOString()));
  return `${from ?? ""}${(to ?? "").padStart(Math.max(cells - (from ?? "").length, (to ?? "").length + 2))}`;
}

/** What occurs, each once. */
function legend(runs: readonly Run[], colors: Colors): string {
  const present = new Map(runs.map(({ state }) => [WORDS[state.status], state.status]));
  return [...present].map(([word, status]) => `${paint(status, 1, colors)} ${word}`).join("  ");
}
