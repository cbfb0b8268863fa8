import type { Terminal } from "@xterm/headless";
import { internalsOf } from "./terminal-internals.ts";

/** What a person reads on a screen. */
export interface ScreenText {
  readonly cols: number;
  readonly rows: number;
  /** One for each row, from the top, without blanks at its end. */
  readonly lines: readonly string[];
  /** Counted from 0, from the upper left corner. */
  readonly cursor: { readonly column: number; readonly row: number; readonly isVisible: boolean };
  /** Of the window, as the program set it. */
  readonly title: string;
  /** A full-screen program shows what is seen, and what was there before comes back when it ends. */
  readonly isAlternate: boolean;
}

export function textOf(terminal: Terminal): ScreenText {
  const { cols, rows } = terminal;
  const { title, coreService } = internalsOf(terminal);
  const { active } = terminal.buffer;
  return {
    cols,
    rows,
    lines: Array.from({ length: rows }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? ""),
    cursor: {
      // Behind the last column a terminal waits for the next character with its cursor on the last one.
      column: Math.min(active.cursorX, cols - 1),
      row: active.cursorY,
      isVisible: !coreService.isCursorHidden,
    },
    title,
    isAlternate: active.type === "alternate",
  };
}
