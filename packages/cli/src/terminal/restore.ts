const ESC = "\u001b";
const ST = `${ESC}\\`;

/** DEC private modes that a program may leave on: mouse reports and their encodings, focus, paste, reports of colours and size, and the like. */
const MODES_OFF = [1, 5, 9, 66, 69, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026, 2031, 2048, 9001];
/** Leaving the alternate screen by 1049 would also move the cursor on a terminal that is not in it. */
const ALTERNATE_SCREEN_OFF = `${ESC}[?1047l${ESC}[?47l`;
/** Pops all the kitty protocol holds for the screen that shows, and sets modifyOtherKeys to its initial value. */
const KEYBOARD_AS_USUAL = `${ESC}[<99u${ESC}[>4m`;

/**
 * Undoes what a program may have done to a terminal, wherever its output broke off. The cursor and the text stay where they are. Nothing in it
 * makes a terminal answer: nobody would read the answer but the shell.
 */
export const TERMINAL_AS_USUAL = [
  // Ends a string that is still open.
  ST,
  `${ESC}[?2026l`,
  KEYBOARD_AS_USUAL,
  ALTERNATE_SCREEN_OFF,
  // Each screen has a keyboard of its own.
  KEYBOARD_AS_USUAL,
  `${ESC}[!p`,
  // The scroll region goes without the cursor, which would move to the corner with it.
  `${ESC}7${ESC}[r${ESC}8`,
  // One by one: a terminal may pass over a sequence that is too long for it, as tmux does beyond 64 bytes.
  ...MODES_OFF.map((mode) => `${ESC}[?${mode}l`),
  // Insert and new-line mode; wrapping and cursor on; keypad, character sets, cursor shape.
  `${ESC}[4;20l${ESC}[?7;25h${ESC}>${ESC}(B\u000f${ESC}[0 q`,
  // Attributes, hyperlink, palette, and the colours of text, background and cursor.
  `${ESC}[0m${ESC}]8;;${ST}${ESC}]104${ST}${ESC}]110${ST}${ESC}]111${ST}${ESC}]112${ST}`,
].join("");

/** Keeps the title of the window for later, and sets another. The text is plain. */
export function pushTitle(text: string): string {
  return `${ESC}[22;0t${setTitle(text)}`;
}

/** The text is plain. */
export function setTitle(text: string): string {
  return `${ESC}]2;${text}${ST}`;
}

export const POP_TITLE = `${ESC}[23;0t`;

/** To a new line below everything that is on the screen. */
export const BELOW_THE_SCREEN = `${ESC}[9999;1H\r\n`;

/** Scrolls what is on the screen out of it, where it can be scrolled back to: clearing it would lose it. */
export function scrollAway(rows: number): string {
  return `${ESC}[9999;1H${"\n".repeat(rows)}${ESC}[H`;
}

/** An empty screen, for another picture of the same terminal. */
export const CLEARED = `${ESC}[H${ESC}[2J`;
