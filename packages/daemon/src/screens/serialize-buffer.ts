import type { Terminal } from "@xterm/headless";
import { selectAttributes, selectBackground } from "./attributes.ts";
import {
  type CellAttributes,
  internalsOf,
  newCell,
  type ScreenBuffer,
  type TerminalInternals,
} from "./terminal-internals.ts";

const PLAIN = "\x1b[0m";
/** Only the background of an erased cell means anything; its word without the flags. */
const BACKGROUND = 0x3ffffff;

/**
 * Writes lines of a buffer, from the scrollback line `first` to the last one of the screen, as sequences for a cleared screen with the cursor at its
 * top, everything at its default. Lines that continue the one before are written so that they wrap into each other again.
 */
export function serializeLines(terminal: Terminal, buffer: ScreenBuffer, first: number): string {
  const pen = createPen(internalsOf(terminal).findLink);
  const cell = newCell(terminal);
  const { cols, rows } = terminal;
  let text = "";

  for (let row = first; row < buffer.ybase + rows; row += 1) {
    const line = buffer.lines.get(row);
    if (line === undefined) continue;
    if (row > first) text += line.isWrapped ? wrapFrom(row - 1) : `${pen.plain()}\r\n`;
    text += serializeLine(row);
  }
  return text + pen.plain();

  function serializeLine(row: number): string {
    const line = buffer.lines.get(row);
    let written = "";
    let gap = 0;
    for (let column = 0; column < cols && line !== undefined; column += 1) {
      line.loadCell(column, cell);
      const chars = cell.getChars();
      if (chars === "" && cell.getWidth() === 0) continue;
      if (chars === "" && (cell.bg & BACKGROUND) === 0) {
        gap += 1;
        continue;
      }
      if (gap > 0) written += `\x1b[${gap}C`;
      gap = 0;
      if (chars === "") {
        // The rest of a line has one background as a rule.
        const run = erasedRun(row, column);
        written += `${pen.background(cell)}\x1b[${run}X`;
        gap = run;
        column += run - 1;
      } else {
        written += pen.select(cell) + chars;
      }
    }
    return written;
  }

  /** How many erased cells of the same background follow, with this one. */
  function erasedRun(row: number, column: number): number {
    const line = buffer.lines.get(row);
    const other = newCell(terminal);
    let end = column + 1;
    while (end < cols && line !== undefined) {
      line.loadCell(end, other);
      if (other.getChars() !== "" || other.getWidth() === 0 || ((other.bg ^ cell.bg) & BACKGROUND) !== 0) break;
      end += 1;
    }
    return end - column;
  }

  /** Only a character that finds no room makes a terminal wrap: one is written for that, and erased again. */
  function wrapFrom(row: number): string {
    buffer.lines.get(row)?.loadCell(cols - 1, cell);
    const isFull = cell.getChars() !== "" || cell.getWidth() === 0;
    const force = isFull ? "" : `\x1b[${cols}G `;
    const eraseForced = isFull ? "" : `\x1b[A\x1b[${cols}G${pen.background(cell)}\x1b[X${pen.plain()}\x1b[B\r`;
    return `${pen.plain()}${force} \r\x1b[X${eraseForced}`;
  }
}

/** Moves the cursor to a place of the screen; behind the last column, where a terminal waits with the wrap, by writing that cell again. */
export function placeCursor(
  terminal: Terminal,
  buffer: ScreenBuffer,
  { x, y, originTop = 0 }: { readonly x: number; readonly y: number; readonly originTop?: number },
): string {
  const row = y - originTop + 1;
  if (x < terminal.cols) return `\x1b[${row};${x + 1}H`;
  return rewriteCellBefore(terminal, buffer, { x, y, originTop }) ?? `\x1b[${row};${terminal.cols}H`;
}

/** Writes the character left of a place once more: the cursor is there then, as after it was written first. Undefined when there is none. */
export function rewriteCellBefore(
  terminal: Terminal,
  buffer: ScreenBuffer,
  { x, y, originTop = 0 }: { readonly x: number; readonly y: number; readonly originTop?: number },
): string | undefined {
  const line = buffer.lines.get(buffer.ybase + y);
  const cell = newCell(terminal);
  const isSecondHalf = (at: number): boolean => line?.loadCell(at, cell).getWidth() === 0 && cell.getChars() === "";
  if (line === undefined || x < 1) return undefined;
  const start = x >= 2 && isSecondHalf(x - 1) ? x - 2 : x - 1;
  line.loadCell(start, cell);
  if (cell.getChars() === "" || start + cell.getWidth() !== x) return undefined;
  // Where characters are inserted, the one that is to be written again must go first.
  const makeRoom = terminal.modes.insertMode ? `\x1b[${cell.getWidth()}P` : "";
  const pen = createPen(internalsOf(terminal).findLink);
  return `\x1b[${y - originTop + 1};${start + 1}H${PLAIN}${makeRoom}${pen.select(cell)}${cell.getChars()}`;
}

export function selectPen(terminal: Terminal, attributes: CellAttributes): string {
  const { uri, id } = linkOf(internalsOf(terminal).findLink, attributes) ?? { uri: "", id: undefined };
  return selectAttributes(attributes) + openLink(uri, id);
}

interface Pen {
  /** What makes the next characters look so; nothing when they would anyway. */
  select(attributes: CellAttributes): string;
  background(attributes: CellAttributes): string;
  plain(): string;
}

function createPen(findLink: TerminalInternals["findLink"]): Pen {
  let attributesNow = PLAIN;
  let linkNow = "";
  function change(attributes: string, link: string): string {
    const text =
      (attributes === attributesNow ? "" : attributes) + (link === linkNow ? "" : link || openLink("", undefined));
    attributesNow = attributes;
    linkNow = link;
    return text;
  }
  return {
    select(cell) {
      if (cell.fg === 0 && cell.bg === 0) return change(PLAIN, "");
      const link = linkOf(findLink, cell);
      return change(selectAttributes(cell), link === undefined ? "" : openLink(link.uri, link.id));
    },
    background: (cell) => change(selectBackground(cell), ""),
    plain: () => change(PLAIN, ""),
  };
}

function linkOf(findLink: TerminalInternals["findLink"], attributes: CellAttributes) {
  const id = attributes.hasExtendedAttrs() === 0 ? 0 : attributes.extended.urlId;
  return id === 0 ? undefined : findLink(id);
}

function openLink(uri: string, id: string | undefined): string {
  return `\x1b]8;${id === undefined ? "" : `id=${id}`};${uri}\x1b\\`;
}
