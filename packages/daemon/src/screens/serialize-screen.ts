import type { Terminal } from "@xterm/headless";
import { restoreCharsets, useCharset } from "./charsets.ts";
import type { KeyboardProtocol } from "./keyboard-protocol.ts";
import { placeCursor, rewriteCellBefore, selectPen, serializeLines } from "./serialize-buffer.ts";
import { internalsOf, type ScreenBuffer } from "./terminal-internals.ts";

/**
 * Everything at its default, on a cleared main screen: a snapshot is also written to a terminal that shows an earlier state of the same session.
 * The scrollback is not cleared, it may be somebody's.
 */
const BLANK =
  "\x1b[?1049l\x1b[!p\x1b[?9;1000;1002;1003;1004;1006;1016;2004;2026;45;5l\x1b[?1;12l\x1b>\x1b[?7;25h\x1b[4;20l\x1b[0 q\x1b[<99u\x1b[=0;1u\x1b[>4m" +
  "\x1b(B\x1b)B\x0f\x1b[0m\x1b[H\x1b[2J";

const TAB_WIDTH = 8;
const CURSOR_STYLES = { block: 1, underline: 3, bar: 5 } as const;
const MOUSE_TRACKING = {
  none: "",
  x10: "\x1b[?9h",
  vt200: "\x1b[?1000h",
  drag: "\x1b[?1002h",
  any: "\x1b[?1003h",
} as const;
const MOUSE_ENCODING: Readonly<Record<string, string>> = { SGR: "\x1b[?1006h", SGR_PIXELS: "\x1b[?1016h" };

/** What the emulator is told and does not keep. */
export interface Remembered {
  readonly keyboard: KeyboardProtocol;
  /** Sequences that set the colours the program chose for text, background and cursor. */
  readonly colors: () => string;
}

/**
 * The state of a terminal as a text: written to a terminal of the same size it makes that one look and behave the same from there on. The emulator must
 * not be in the middle of a control sequence.
 * @param scrollbackLines at most so many lines above the screen
 */
export function serializeScreen(terminal: Terminal, { keyboard, colors }: Remembered, scrollbackLines: number): string {
  const { buffers, title } = internalsOf(terminal);
  const isAlternate = terminal.buffer.active.type === "alternate";
  const parts = [
    BLANK,
    serializeLines(terminal, buffers.normal, Math.max(0, buffers.normal.ybase - scrollbackLines)),
    restoreMargins(terminal, buffers.normal),
    keyboard.restoreFlags("normal"),
    restoreSaved(terminal, buffers.normal),
  ];
  if (isAlternate) {
    // Entering saves the cursor of the main screen once more, which stands where the saved one was.
    parts.push(
      "\x1b[?1049h\x1b[0m\x1b[H\x1b[2J",
      serializeLines(terminal, buffers.alt, 0),
      restoreMargins(terminal, buffers.alt),
      keyboard.restoreFlags("alternate"),
      restoreSaved(terminal, buffers.alt),
    );
  }
  if (title !== "") parts.push(`\x1b]2;${title}\x1b\\`);
  parts.push(
    colors(),
    keyboard.restoreOtherKeys(),
    restoreModes(terminal),
    restoreCharsets(terminal),
    restoreCursor(terminal),
  );
  return parts.join("");
}

function restoreMargins(terminal: Terminal, { scrollTop, scrollBottom, tabs }: ScreenBuffer): string {
  const isWhole = scrollTop === 0 && scrollBottom === terminal.rows - 1;
  const margins = isWhole ? "" : `\x1b[${scrollTop + 1};${scrollBottom + 1}r`;
  const stops = Array.from({ length: terminal.cols }, (_, column) => column).filter((column) => tabs[column] === true);
  const areDefault = stops.length === Math.ceil(terminal.cols / TAB_WIDTH) && stops.every((at) => at % TAB_WIDTH === 0);
  if (areDefault) return margins;
  return `${margins}\x1b[3g${stops.map((column) => `\x1b[${column + 1}G\x1bH`).join("")}`;
}

/** What DECRC brings back. */
function restoreSaved(terminal: Terminal, buffer: ScreenBuffer): string {
  const place = placeCursor(terminal, buffer, {
    x: buffer.savedX,
    y: Math.min(Math.max(buffer.savedY - buffer.ybase, 0), terminal.rows - 1),
  });
  const pen = selectPen(terminal, buffer.savedCurAttrData);
  return `${place}${pen}${useCharset(buffer.savedCharset)}\x1b7\x1b[0m\x1b(B`;
}

function restoreModes(terminal: Terminal): string {
  const { modes, options } = terminal;
  const { coreService, coreMouseService } = internalsOf(terminal);
  const { cursorStyle, cursorBlink } = coreService.decPrivateModes;
  const style =
    cursorStyle === undefined ? "" : `\x1b[${CURSOR_STYLES[cursorStyle] + (cursorBlink === false ? 1 : 0)} q`;
  const on: readonly (readonly [boolean, string])[] = [
    [modes.applicationCursorKeysMode, "\x1b[?1h"],
    [modes.applicationKeypadMode, "\x1b="],
    [modes.bracketedPasteMode, "\x1b[?2004h"],
    [modes.insertMode, "\x1b[4h"],
    [modes.originMode, "\x1b[?6h"],
    [modes.reverseWraparoundMode, "\x1b[?45h"],
    [modes.sendFocusMode, "\x1b[?1004h"],
    [!modes.wraparoundMode, "\x1b[?7l"],
    [options.convertEol === true, "\x1b[20h"],
    [options.cursorBlink === true, "\x1b[?12h"],
    [coreService.isCursorHidden, "\x1b[?25l"],
    [modes.synchronizedOutputMode, "\x1b[?2026h"],
  ];
  const set = on.flatMap(([isOn, sequence]) => (isOn ? [sequence] : [])).join("");
  const encoding = MOUSE_ENCODING[coreMouseService.activeEncoding] ?? "";
  return `${style}${MOUSE_TRACKING[modes.mouseTrackingMode]}${encoding}${set}`;
}

/** The last thing written: nothing may follow when the next character could belong to the one before the cursor. */
function restoreCursor(terminal: Terminal): string {
  const { buffers, canJoin, pen: attributes } = internalsOf(terminal);
  const buffer = buffers.active;
  const originTop = terminal.modes.originMode ? buffer.scrollTop : 0;
  const place = { x: buffer.x, y: buffer.y, originTop };
  const pen = selectPen(terminal, attributes);
  const rewritten = rewriteCellBefore(terminal, buffer, place);
  if (!canJoin || rewritten === undefined) {
    return placeCursor(terminal, buffer, place) + pen;
  }
  return pen + rewritten;
}
