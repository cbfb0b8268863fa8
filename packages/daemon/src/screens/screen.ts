import { completeLength } from "@orchastration/protocol/stream";
import type { KeyboardModes } from "../domain/keys.ts";
import { boundRepeats } from "./bounded-repeats.ts";
import { Emulator } from "./emulator.ts";
import { type Frame, takeFrame } from "./frame.ts";
import { followKeyboardProtocol } from "./keyboard-protocol.ts";
import { type ScreenText, textOf } from "./screen-text.ts";
import { serializeScreen } from "./serialize-screen.ts";
import { answerQueries } from "./terminal-answers.ts";
import { internalsOf } from "./terminal-internals.ts";

/** A terminal with ten times as many lines takes 26 MB, and 130 ms to serialize. */
export const SCROLLBACK_LINES = 1_000;
/** An unfinished sequence longer than this (an image, a large paste) is taken in pieces after all. */
const LONGEST_SEQUENCE_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

/** An emulated terminal at an offset of its output. */
export interface Screen {
  /**
   * Behind the last byte that counts: a control sequence that has only begun is waited for, so that a copy can be made at any time and be continued
   * from this offset.
   */
  readonly offset: number;
  /** Behind the last byte taken. */
  readonly endOffset: number;
  readonly cols: number;
  readonly rows: number;
  write(bytes: Uint8Array): void;
  resize(cols: number, rows: number): void;
  keyboard(): KeyboardModes;
  /** Text that makes another terminal of this size look and behave the same from {@link offset} on. */
  serialize(): string;
  /** What is seen of it. */
  frame(): Frame;
  text(): ScreenText;
  dispose(): void;
}

export interface ScreenOrigin {
  readonly cols: number;
  readonly rows: number;
  readonly offset: number;
  /** What `serialize` answered at that offset; absent: a new terminal. */
  readonly state?: string;
}

/** @param onAnswer what the terminal says to queries of the program */
export function createScreen(origin: ScreenOrigin, onAnswer: (text: string) => void): Screen {
  let { offset, cols, rows } = origin;
  let held: Uint8Array = NOTHING;
  const terminal = new Emulator({
    cols,
    rows,
    scrollback: SCROLLBACK_LINES,
    allowProposedApi: true,
    logLevel: "off",
    windowOptions: { getWinSizeChars: true },
  });
  const internals = internalsOf(terminal);
  boundRepeats(terminal, internals);
  const keyboard = followKeyboardProtocol(terminal);
  const { colors, expect } = answerQueries(terminal, keyboard, onAnswer);
  if (origin.state !== undefined) internals.writeSync(origin.state);
  terminal.onData(onAnswer);

  return {
    get offset() {
      return offset;
    },
    get endOffset() {
      return offset + held.length;
    },
    get cols() {
      return cols;
    },
    get rows() {
      return rows;
    },
    write(bytes) {
      const all = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      const complete = completeLength(all);
      const taken = all.length - complete > LONGEST_SEQUENCE_BYTES ? all.length : complete;
      if (taken > 0) {
        const next = all.subarray(0, taken);
        expect(next);
        internals.writeSync(next);
      }
      held = taken === all.length ? NOTHING : all.slice(taken);
      offset += taken;
    },
    resize(newCols, newRows) {
      cols = newCols;
      rows = newRows;
      terminal.resize(newCols, newRows);
    },
    keyboard: () => ({
      hasApplicationCursor: terminal.modes.applicationCursorKeysMode,
      kittyFlags: keyboard.flags(),
    }),
    serialize: () => serializeScreen(terminal, { keyboard, colors }, SCROLLBACK_LINES),
    frame: () => takeFrame(terminal),
    text: () => textOf(terminal),
    dispose: () => terminal.dispose(),
  };
}
