import { VERSION } from "@orchastration/protocol";
import type { Terminal } from "@xterm/headless";
import type { KeyboardProtocol } from "./keyboard-protocol.ts";

/** Text, background and cursor (OSC 10, 11, 12) as long as the program has not chosen others: a dark terminal, which most are. */
const DEFAULT_COLORS = new Map([
  [10, "rgb:ffff/ffff/ffff"],
  [11, "rgb:0000/0000/0000"],
  [12, "rgb:ffff/ffff/ffff"],
]);
/** OSC 110 to 112 bring the defaults back. */
const RESET_OFFSET = 100;
const PROGRAM_STATUS = 7501;
const ST = "\x1b\\";
const OSC_QUERY = /\x1b\](?:1[0-2]|7501);[^\x07\x1b]*\?[^\x07\x1b]*(\x07|\x1b\\)/g;

/**
 * Answers what the emulator itself leaves to a display: colours, its name, the keyboard protocol, and that program status is understood. Cursor
 * position, device attributes and modes it answers by `onData`.
 */
export function answerQueries(
  terminal: Terminal,
  keyboard: Pick<KeyboardProtocol, "flags">,
  answer: (text: string) => void,
) {
  const chosen = new Map<number, string>();
  /** How the queries to come end, which handlers are not told: an answer ends as its query does. */
  let terminators: string[] = [];
  const { parser } = terminal;

  for (const [code, initial] of DEFAULT_COLORS) {
    parser.registerOscHandler(code, (text) => {
      const terminator = text.includes("?") ? (terminators.shift() ?? ST) : ST;
      // Several colours in one sequence are those of the following codes.
      text.split(";").forEach((value, index) => {
        const target = code + index;
        if (!DEFAULT_COLORS.has(target)) return;
        if (value !== "?") chosen.set(target, value);
        else answer(`\x1b]${target};${chosen.get(target) ?? DEFAULT_COLORS.get(target) ?? initial}${terminator}`);
      });
      return false;
    });
    parser.registerOscHandler(code + RESET_OFFSET, () => {
      chosen.delete(code);
      return false;
    });
  }
  parser.registerEscHandler({ final: "c" }, () => {
    chosen.clear();
    return false;
  });
  parser.registerOscHandler(PROGRAM_STATUS, (text) => {
    if (text.trim() === "?") answer(`\x1b]${PROGRAM_STATUS};${text}${terminators.shift() ?? ST}`);
    return true;
  });
  parser.registerCsiHandler({ prefix: ">", final: "q" }, ([kind = 0]) => {
    if (kind === 0) answer(`\x1bP>|orchastration(${VERSION})\x1b\\`);
    return true;
  });
  parser.registerCsiHandler({ prefix: "?", final: "u" }, () => {
    answer(`\x1b[?${keyboard.flags()}u`);
    return true;
  });
  return {
    /** To be told of everything before it is written. */
    expect(bytes: Uint8Array): void {
      terminators = [];
      if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes("\x1b]")) return;
      const text = Buffer.from(bytes).toString("latin1");
      terminators = [...text.matchAll(OSC_QUERY)].map(([, terminator = ST]) => terminator);
    },
    /** The sequences that set the colours the program chose. */
    colors: () => [...chosen].map(([code, value]) => `\x1b]${code};${value}${ST}`).join(""),
  };
}
