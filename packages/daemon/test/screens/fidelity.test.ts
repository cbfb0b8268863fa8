import { Terminal } from "@xterm/headless";
import { describe, expect, it } from "vitest";
import { createScreen, SCROLLBACK_LINES } from "../../src/screens/screen.ts";
import { internalsOf } from "../../src/screens/terminal-internals.ts";
import { recordings, stateOf } from "./terminal-state.ts";

const SIZE = { cols: 80, rows: 24 };
const STEP_BYTES = 10;

function freshTerminal(): Terminal {
  return new Terminal({ ...SIZE, scrollback: SCROLLBACK_LINES, allowProposedApi: true, logLevel: "off" });
}

function terminalFed(...pieces: readonly (Uint8Array | string)[]): Terminal {
  const terminal = freshTerminal();
  for (const piece of pieces) internalsOf(terminal).writeSync(piece);
  return terminal;
}

describe("a snapshot taken at every tenth byte and continued from its offset", () => {
  it.each(recordings())("looks and behaves like a terminal that saw everything: $name", ({ bytes }) => {
    const expected = stateOf(terminalFed(bytes));
    const screen = createScreen({ ...SIZE, offset: 0 }, () => {});
    for (let at = 0; at < bytes.length; at += STEP_BYTES) {
      screen.write(bytes.subarray(at, at + STEP_BYTES));
      const terminal = terminalFed(screen.serialize(), bytes.subarray(screen.offset));
      expect(stateOf(terminal), `after ${screen.endOffset} bytes`).toEqual(expected);
      terminal.dispose();
    }
  });
});

describe("a snapshot by itself", () => {
  it.each(recordings())("equals the terminal at its offset: $name", ({ bytes }) => {
    const screen = createScreen({ ...SIZE, offset: 0 }, () => {});
    const direct = freshTerminal();
    for (let at = 0; at < bytes.length; at += 97) {
      const from = screen.offset;
      screen.write(bytes.subarray(at, at + 97));
      internalsOf(direct).writeSync(bytes.subarray(from, screen.offset));
      const copy = terminalFed(screen.serialize());
      expect(stateOf(copy), `after ${screen.endOffset} bytes`).toEqual(stateOf(direct));
      copy.dispose();
    }
  });
});

describe("a sequence that repeats something without end", () => {
  it.each(["S", "T", "L", "M", "I", "Z", "b"])("is done as often as it makes a difference: CSI n %s", (final) => {
    const scene = "one\r\ntwo\r\nthree\x1b[2;6r\x1b[3;9Hx";
    const often = terminalFed(scene, `\x1b[2000${final}`);
    const screen = createScreen({ ...SIZE, offset: 0 }, () => {});
    screen.write(Buffer.from(`${scene}\x1b[2147483647${final}`));
    expect(stateOf(terminalFed(screen.serialize()))).toEqual(stateOf(often));
  });
});
