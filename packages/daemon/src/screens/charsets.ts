import type { Terminal } from "@xterm/headless";
import { Emulator } from "./emulator.ts";
import { type Charset, internalsOf } from "./terminal-internals.ts";

/** Final bytes of the sequences that designate a character set. */
const FINALS = "0AB4C5RQKYE6ZH7=".split("");
const INTERMEDIATES = ["(", ")", "*", "+"] as const;
/** The sequences that make G0 to G3 the set in use. */
const LOCKING_SHIFTS = ["\x0f", "\x0e", "\x1bn", "\x1bo"] as const;

let finals: ReadonlyMap<Charset, string> | undefined;

/** The tables are constants of the emulator that it does not export: each is asked for once by its sequence. */
function finalOf(charset: Charset): string {
  finals ??= new Map(
    FINALS.map((final) => {
      const terminal = new Emulator({ cols: 2, rows: 1, logLevel: "off" });
      internalsOf(terminal).writeSync(`\x1b(${final}`);
      const entry = [internalsOf(terminal).charset, final] as const;
      terminal.dispose();
      return entry;
    }),
  );
  return charset === undefined ? "B" : (finals.get(charset) ?? "B");
}

/** Makes G0 this set and uses it. */
export function useCharset(charset: Charset): string {
  return `\x1b(${finalOf(charset)}\x0f`;
}

/** Designates G0 to G3 and selects one. */
export function restoreCharsets(terminal: Terminal): string {
  const { charsets, charsetLevel } = internalsOf(terminal);
  const designations = INTERMEDIATES.map((intermediate, g) => `\x1b${intermediate}${finalOf(charsets[g])}`);
  return designations.join("") + (LOCKING_SHIFTS[charsetLevel] ?? "");
}
