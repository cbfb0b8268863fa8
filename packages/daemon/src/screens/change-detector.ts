import { clockColumns } from "./clock-columns.ts";
import { differingCells, type Frame, isBlank, isSameCell, isSameCharacter, rowText } from "./frame.ts";

/**
 * What became of a screen. ambient: a clock went on, a cursor that the program paints itself blinked. echo: what a person typed, or a terminal that
 * got another size or another viewer, made it so. Only `work` is a sign that the program does something.
 */
export type Change = "none" | "ambient" | "echo" | "work";

export interface Moment {
  /** Of a clock that never goes back. */
  readonly monotonicMs: number;
  /** Since the epoch: what a clock on the screen would show. */
  readonly wallMs: number;
}

export interface ChangeDetector {
  /** Compares with the frame before, which is then this one. Without a frame before, or one of another size, everything is new. */
  look(frame: Frame, moment: Moment): Change;
  /** The frame that the next one is compared with, whatever was before. */
  begin(frame: Frame): void;
  forget(): void;
  /** A person typed, within the second before. */
  noteTyping(monotonicMs: number): void;
  /** The terminal got another size, or somebody came for whom the program repaints. */
  noteRepaint(monotonicMs: number): void;
}

/**
 * Between output and the next look at what it changed. Not always the same, or a spinner that turns once in that time would be seen standing still.
 */
const LOOK_PAUSES_MS = [180, 290, 430] as const;

/** @param looks how many there have been */
export function lookPauseMs(looks: number): number {
  return LOOK_PAUSES_MS[looks % LOOK_PAUSES_MS.length] ?? LOOK_PAUSES_MS[0];
}

/** Keys are told of at most once a second, and show a moment later. */
const TYPING_MS = 1_500;
/** How long a program may take to repaint. */
const REPAINTING_MS = 1_500;

/** Clocks, and cursors, are small; as soon as there is more it is neither. */
const MOST_AMBIENT_CELLS = 32;
const MOST_BLINKING_CELLS = 2;
/** Rows around the cursor in which keys show. A program that hides it (Ink) paints its input line some rows above where it leaves the cursor. */
const ECHO_ROWS = 1;
const ECHO_ROWS_ABOVE_HIDDEN = 4;

export function createChangeDetector(): ChangeDetector {
  let before: Frame | undefined;
  /** The frame before the last small change: a cursor that blinks returns to it. */
  let earlier: { readonly frame: Frame; readonly cells: readonly number[] } | undefined;

  let typedAt = -Infinity;
  let repaintedAt = -Infinity;

  function compare(last: Frame, frame: Frame, { monotonicMs, wallMs }: Moment): Change {
    const isTyping = monotonicMs - typedAt < TYPING_MS;
    const cells = differingCells(last, frame, isTyping ? Number.MAX_SAFE_INTEGER : MOST_AMBIENT_CELLS);
    if (cells.length === 0) return "none";
    if (monotonicMs - repaintedAt < REPAINTING_MS) return "echo";
    const others = cells.length >= MOST_AMBIENT_CELLS ? cells : withoutClocks(cells, frame, wallMs);
    if (others.length === 0) return "ambient";
    const isBlinking = blinks(others, last, frame);
    earlier = others.length <= MOST_BLINKING_CELLS ? { frame: last, cells: others } : undefined;
    if (isBlinking) return "ambient";
    return isTyping && others.every((cell) => isNearCursor(cell, last, frame)) ? "echo" : "work";
  }

  /** The same few cells, back to what they were: another colour, or something and nothing. A spinner has more faces. */
  function blinks(cells: readonly number[], last: Frame, frame: Frame): boolean {
    if (earlier === undefined || cells.length > MOST_BLINKING_CELLS) return false;
    const { frame: former, cells: blinked } = earlier;
    return cells.every(
      (cell) =>
        blinked.includes(cell) &&
        isSameCell(former, frame, cell) &&
        (isSameCharacter(last, frame, cell) || isBlank(last, cell) || isBlank(frame, cell)),
    );
  }

  return {
    look(frame, moment) {
      const last = before;
      before = frame;
      if (last === undefined || !hasSameSize(last, frame)) {
        earlier = undefined;
        return last !== undefined || moment.monotonicMs - repaintedAt < REPAINTING_MS ? "echo" : "work";
      }
      return compare(last, frame, moment);
    },
    begin(frame) {
      before = frame;
      if (earlier !== undefined && !hasSameSize(earlier.frame, frame)) earlier = undefined;
    },
    forget() {
      before = undefined;
    },
    noteTyping(monotonicMs) {
      typedAt = monotonicMs;
    },
    noteRepaint(monotonicMs) {
      repaintedAt = monotonicMs;
    },
  };
}

function hasSameSize(a: Frame, b: Frame): boolean {
  return a.cols === b.cols && a.rows === b.rows;
}

function withoutClocks(cells: readonly number[], frame: Frame, wallMs: number): readonly number[] {
  const rows = Map.groupBy(cells, (cell) => Math.floor(cell / frame.cols));
  return [...rows].flatMap(([row, changed]) => {
    const clock = clockColumns(rowText(frame, row), wallMs);
    return changed.filter((cell) => !clock.has(cell % frame.cols));
  });
}

/** Keys show where the cursor is or was, and in the line at the bottom in which editors say where they are. */
function isNearCursor(cell: number, before: Frame, after: Frame): boolean {
  const row = Math.floor(cell / after.cols);
  const above = after.isCursorHidden ? ECHO_ROWS_ABOVE_HIDDEN : ECHO_ROWS;
  const isNear = ({ cursorRow }: Frame): boolean => row >= cursorRow - above && row <= cursorRow + ECHO_ROWS;
  return isNear(before) || isNear(after) || row === after.rows - 1;
}
