import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Terminal } from "@xterm/headless";
import {
  type Cell,
  type CellAttributes,
  internalsOf,
  newCell,
  type ScreenBuffer,
} from "../../src/screens/terminal-internals.ts";

const RECORDINGS = join(import.meta.dirname, "../../../../test/fixtures/recordings");

/** What real programs put out in a terminal of 80 columns and 24 rows. */
export function recordings(): { readonly name: string; readonly bytes: Uint8Array }[] {
  return readdirSync(RECORDINGS)
    .filter((file) => file.endsWith(".raw"))
    .map((file) => ({ name: basename(file, ".raw"), bytes: readFileSync(join(RECORDINGS, file)) }));
}

/** Everything that can be seen of a terminal, or that changes how it goes on. */
export function stateOf(terminal: Terminal) {
  const { buffers, coreService, coreMouseService, title, pen, charset, charsets } = internalsOf(terminal);
  return {
    active: terminal.buffer.active.type,
    modes: terminal.modes,
    isCursorHidden: coreService.isCursorHidden,
    cursorStyle: coreService.decPrivateModes.cursorStyle,
    mouseEncoding: coreMouseService.activeEncoding,
    title,
    pen: attributes(pen),
    charsets: [0, 1, 2, 3].map((g) => charsets[g]),
    charset,
    normal: bufferState(terminal, buffers.normal),
    alternate: terminal.buffer.active.type === "alternate" ? bufferState(terminal, buffers.alt) : null,
  };
}

function bufferState(terminal: Terminal, buffer: ScreenBuffer) {
  return {
    cursor: [buffer.x, buffer.y],
    saved: [buffer.savedX, Math.max(0, buffer.savedY - buffer.ybase), attributes(buffer.savedCurAttrData)],
    margins: [buffer.scrollTop, buffer.scrollBottom],
    tabs: Object.keys(buffer.tabs).filter((column) => Number(column) < terminal.cols),
    lines: Array.from({ length: buffer.lines.length }, (_, row) => lineState(terminal, buffer, row)),
  };
}

function lineState(terminal: Terminal, buffer: ScreenBuffer, row: number): string {
  const line = buffer.lines.get(row);
  if (line === undefined) return "";
  const cell = newCell(terminal);
  const cells = Array.from({ length: terminal.cols }, (_, column) => cellState(line.loadCell(column, cell)));
  return `${line.isWrapped && row > 0 ? "wrapped " : ""}${cells.join("|").replace(/(\|)+$/, "")}`;
}

/** Of an erased cell only the background shows. */
function cellState(cell: Cell): string {
  if (cell.getChars() !== "") return `${cell.getChars()}${cell.getWidth()}${attributes(cell)}`;
  return cell.getWidth() === 0 ? "" : color(cell.getBgColorMode(), cell.getBgColor());
}

function attributes(cell: Cell | CellAttributes): string {
  if (cell.fg === 0 && cell.bg === 0) return "";
  const flags = [
    cell.isBold(),
    cell.isDim(),
    cell.isItalic(),
    cell.isBlink(),
    cell.isInverse(),
    cell.isInvisible(),
    cell.isStrikethrough(),
    cell.isOverline(),
    cell.isUnderline(),
  ].map((flag) => (flag === 0 ? 0 : 1));
  const underline =
    cell.isUnderline() === 0
      ? ""
      : `${cell.getUnderlineStyle()}${cell.getUnderlineColorMode()}${cell.getUnderlineColor()}`;
  return `(${flags.join("")} ${underline} ${color(cell.getFgColorMode(), cell.getFgColor())} ${color(cell.getBgColorMode(), cell.getBgColor())})`;
}

function color(mode: number, value: number): string {
  return mode === 0 ? "" : `${mode >> 24}:${value}`;
}
