import type { Terminal } from "@xterm/headless";
import { CELL_WORDS, CODE_POINT_MASK, internalsOf } from "./terminal-internals.ts";

/** What is seen of a terminal at one moment. */
export interface Frame {
  readonly cols: number;
  readonly rows: number;
  /** {@link CELL_WORDS} words for each cell, row after row. */
  readonly cells: Uint32Array;
  readonly cursorRow: number;
  /** The program paints a cursor of its own, or none. */
  readonly isCursorHidden: boolean;
}

export function takeFrame(terminal: Terminal): Frame {
  const { cols, rows } = terminal;
  const { buffers, coreService } = internalsOf(terminal);
  const { lines, ybase, y } = buffers.active;
  const rowWords = cols * CELL_WORDS;
  const cells = new Uint32Array(rows * rowWords);
  for (let row = 0; row < rows; row += 1) {
    const line = lines.get(ybase + row);
    if (line !== undefined) cells.set(line._data.subarray(0, rowWords), row * rowWords);
  }
  return { cols, rows, cells, cursorRow: y, isCursorHidden: coreService.isCursorHidden };
}

/** Indexes of the cells that look different, in order, at most `most` of them. Both have the same size. */
export function differingCells(before: Frame, after: Frame, most: number): readonly number[] {
  const differing: number[] = [];
  const { cells } = after;
  for (let word = 0; word < cells.length && differing.length < most; word += 1) {
    if (cells[word] === before.cells[word]) continue;
    const cell = Math.floor(word / CELL_WORDS);
    differing.push(cell);
    word = (cell + 1) * CELL_WORDS - 1;
  }
  return differing;
}

/** One UTF-16 unit for each column: what does not fit into one is shown as a replacement. */
export function rowText({ cols, cells }: Frame, row: number): string {
  return Array.from({ length: cols }, (_, column) => characterAt(cells, row * cols + column)).join("");
}

export function isBlank({ cells }: Frame, cell: number): boolean {
  return characterAt(cells, cell) === " ";
}

/** Only colours or attributes may differ. */
export function isSameCharacter(a: Frame, b: Frame, cell: number): boolean {
  return a.cells[cell * CELL_WORDS] === b.cells[cell * CELL_WORDS];
}

export function isSameCell(a: Frame, b: Frame, cell: number): boolean {
  for (let word = cell * CELL_WORDS; word < (cell + 1) * CELL_WORDS; word += 1) {
    if (a.cells[word] !== b.cells[word]) return false;
  }
  return true;
}

function characterAt(cells: Uint32Array, cell: number): string {
  const codePoint = (cells[cell * CELL_WORDS] ?? 0) & CODE_POINT_MASK;
  if (codePoint === 0) return " ";
  return codePoint > 0xffff ? "\ufffd" : String.fromCharCode(codePoint);
}
