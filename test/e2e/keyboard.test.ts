import { isDeepStrictEqual } from "node:util";
import { spawn } from "node-pty";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createScreen } from "../../packages/daemon/src/screens/screen.ts";
import { CLI, createHome, type Home } from "../support/home.ts";
import { until } from "../support/until.ts";

/** What tmux, being a terminal of its own, does not pass on: the extended keyboard protocols, in a terminal that keeps account of them. */

let home: Home;

beforeEach(() => {
  home = createHome();
});
afterEach(() => home[Symbol.asyncDispose]());

interface Recorder extends Disposable {
  readonly pid: number;
  readonly output: () => string;
  type(text: string): void;
  shows(text: string): Promise<void>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
}

function record(...args: readonly string[]): Recorder {
  const env = { ...home.env, TERM: "xterm-256color" };
  const pty = spawn(process.execPath, [CLI, ...args], { cols: 80, rows: 24, cwd: home.cwd, env });
  let output = "";
  pty.onData((text) => {
    output += text;
  });
  return {
    pid: pty.pid,
    output: () => output,
    type: (text) => pty.write(text),
    shows: (text) => until(() => output.includes(text)),
    ended: new Promise((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode))),
    [Symbol.dispose]: () => pty.kill("SIGKILL"),
  };
}

/** A program that turns both protocols on, and reads raw. */
const PROGRAM = String.raw`stty raw -echo; printf '\033[>1u\033[>4;2m\033[?1h\033[?1004h'; echo on; exec cat`;

async function startProgram(): Promise<string> {
  const { stdout } = await home.cli(["run", "--detach", "--tty", "--", "bash", "-c", PROGRAM]);
  return stdout.trim();
}

const CHORDS: readonly [string, readonly string[]][] = [
  ["as a control character", ["\u0011"]],
  ["in CSI u form", ["\u001b[113;5u"]],
  ["in the form of modifyOtherKeys", ["\u001b[27;5;113~"]],
  ["in CSI u form, torn in three", ["\u001b[1", "13;", "5u"]],
];

describe("the keyboard is as it was", () => {
  const waysOut: readonly [string, (terminal: Recorder, id: string) => unknown][] = [
    ...CHORDS.map(([name, pieces]): [string, (terminal: Recorder) => unknown] => [
      `after the chord ${name}`,
      (terminal) => {
        for (const piece of pieces) terminal.type(piece);
      },
    ]),
    ["after SIGTERM", ({ pid }) => process.kill(pid, "SIGTERM")],
    ["after SIGHUP", ({ pid }) => process.kill(pid, "SIGHUP")],
    ["after the end of the run", (_terminal, id) => home.cli(["stop", id])],
    [
      "after the death of its supervisor",
      async () => {
        const { supervisors } = await home.json(["daemon", "status"]);
        for (const { pid } of supervisors as readonly { readonly pid: number }[]) process.kill(pid, "SIGKILL");
      },
    ],
  ];

  test.each(waysOut)("%s", async (_name, leave) => {
    const id = await startProgram();
    using terminal = record("attach", id);
    await terminal.shows("on");
    const answers: string[] = [];
    const emulator = createScreen({ cols: 80, rows: 24, offset: 0 }, (text) => answers.push(text));
    let before = 0;
    // A screen is painted bit by bit, its modes in whatever order.
    await until(() => {
      emulator.write(Buffer.from(terminal.output().slice(before)));
      before = terminal.output().length;
      const shown = emulator.serialize();
      const isOn = ["\u001b[>4;2m", "\u001b[?1004h"].every((mode) => shown.includes(mode));
      return isOn && isDeepStrictEqual(emulator.keyboard(), { hasApplicationCursor: true, kittyFlags: 1 });
    });
    answers.length = 0;
    await leave(terminal, id);
    await terminal.ended;
    emulator.write(Buffer.from(terminal.output().slice(before)));
    expect(emulator.keyboard()).toEqual({ hasApplicationCursor: false, kittyFlags: 0 });
    const after = emulator.serialize();
    for (const mode of ["\u001b[>4;2m", "\u001b[?1004h", "\u001b[?1h"]) expect(after).not.toContain(mode);
    expect(answers).toEqual([]);
    emulator.dispose();
  });
});
