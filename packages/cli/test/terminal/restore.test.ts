import headless from "@xterm/headless";
import { expect, test } from "vitest";
import { BELOW_THE_SCREEN, pushTitle, scrollAway, TERMINAL_AS_USUAL } from "../../src/terminal/restore.ts";

async function emulate(...writes: readonly string[]) {
  const terminal = new headless.Terminal({ cols: 40, rows: 6, scrollback: 100, allowProposedApi: true });
  let answers = "";
  terminal.onData((text) => {
    answers += text;
  });
  for (const text of writes) await new Promise<void>((resolve) => terminal.write(text, resolve));
  const buffer = terminal.buffer.active;
  const lines = Array.from({ length: buffer.length }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? "");
  return { terminal, answers, lines, cursor: [buffer.cursorX, buffer.cursorY], screen: buffer.type };
}

const EVERYTHING_ON =
  "\u001b[?1;1000;1002;1003;1004;1006;2004;1049h\u001b[?6h\u001b[2;4r\u001b[?25l\u001b[?7l\u001b[4h\u001b=\u001b[>5u\u001b[>4;2m\u001b[1;31m\u001b(0in vim";

test("every mode a program left on is off", async () => {
  const { terminal, screen } = await emulate(EVERYTHING_ON, TERMINAL_AS_USUAL);
  const fresh = await emulate("");
  expect(terminal.modes).toEqual(fresh.terminal.modes);
  expect(screen).toBe("normal");
});

test("text printed afterwards is plain", async () => {
  const { terminal, lines } = await emulate("\u001b[1;7;31m\u001b(0", TERMINAL_AS_USUAL, "lqk");
  const cell = terminal.buffer.active.getLine(0)?.getCell(0);
  expect([lines[0], cell?.isBold(), cell?.isInverse(), cell?.isFgDefault()]).toEqual(["lqk", 0, 0, true]);
});

test("the cursor and the text stay where they are", async () => {
  const { cursor, lines } = await emulate("$ ls\r\nfile", TERMINAL_AS_USUAL);
  expect(cursor).toEqual([4, 1]);
  expect(lines.slice(0, 2)).toEqual(["$ ls", "file"]);
});

test("the terminal is made to answer nothing", async () => {
  const { answers } = await emulate(EVERYTHING_ON, TERMINAL_AS_USUAL, pushTitle("title"), BELOW_THE_SCREEN);
  expect(answers).toBe("");
});

test("it takes effect in the middle of a sequence too", async () => {
  for (const torn of ["\u001b", "\u001b[", "\u001b[38;5", "\u001b]2;half a title", "\u001bPq#0;2"]) {
    const { lines } = await emulate(torn, TERMINAL_AS_USUAL, "text");
    expect(lines[0]).toBe("text");
  }
});

test("what stood on the screen is scrolled back to", async () => {
  const { lines, cursor, terminal } = await emulate("one\r\ntwo", scrollAway(6), "new");
  expect(lines.slice(0, 2)).toEqual(["one", "two"]);
  expect(lines[terminal.buffer.active.baseY]).toBe("new");
  expect(cursor).toEqual([3, 0]);
});
