import type { Terminal } from "@xterm/headless";
import type { RepeatedAction, TerminalInternals } from "./terminal-internals.ts";

/** By the last character of its control sequence: what is repeated, and how often it makes a difference. */
const REPEATS: Readonly<Record<string, readonly [RepeatedAction, (terminal: Terminal) => number]>> = {
  S: ["scrollUp", ({ rows }) => rows],
  T: ["scrollDown", ({ rows }) => rows],
  L: ["insertLines", ({ rows }) => rows],
  M: ["deleteLines", ({ rows }) => rows],
  I: ["cursorForwardTab", ({ cols }) => cols],
  Z: ["cursorBackwardTab", ({ cols }) => cols],
  b: ["repeatPrecedingCharacter", ({ rows, cols }) => rows * cols],
};

/**
 * The emulator does what it is told two thousand million times if a program says so, which takes hours and the screens of all other sessions with it.
 * More than the size of the screen changes nothing more.
 */
export function boundRepeats(terminal: Terminal, { repeat }: Pick<TerminalInternals, "repeat">): void {
  for (const [final, [action, most]] of Object.entries(REPEATS)) {
    terminal.parser.registerCsiHandler({ final }, ([times]) => {
      const limit = most(terminal);
      if (typeof times !== "number" || times <= limit) return false;
      repeat(action, limit);
      return true;
    });
  }
}
