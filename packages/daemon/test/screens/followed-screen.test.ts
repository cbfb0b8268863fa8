import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  encodeJournalRecord,
  type JournalRecord,
  journalIndexPath,
  journalSegmentPath,
} from "@orchastration/protocol/node";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ActivitySignal } from "../../src/domain/activity.ts";
import { type FollowedScreen, followScreen } from "../../src/screens/followed-screen.ts";
import { recordings } from "./terminal-state.ts";

let directory: string;
let screen: FollowedScreen | undefined;
const answers: string[] = [];
const signals: ActivitySignal[] = [];
let answered = Promise.withResolvers<void>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "screen-"));
  answers.length = 0;
  signals.length = 0;
  answered = Promise.withResolvers();
  index({ kind: "resize", atMs: 0, offset: 0, cols: 80, rows: 24 });
});
afterEach(() => {
  screen?.close();
  rmSync(directory, { recursive: true });
});

function index(record: JournalRecord): void {
  appendFileSync(journalIndexPath(directory), encodeJournalRecord(record));
}

function put(bytes: Uint8Array | string, segment = 0): void {
  appendFileSync(journalSegmentPath(directory, segment), bytes);
}

function follow(
  more: { readonly isControlled?: boolean; readonly at?: number; readonly answersFrom?: number | null } = {},
): FollowedScreen {
  const order = { session: "s", directory, isControlled: false, at: 0, answersFrom: 0, ...more };
  screen = followScreen(order, {
    onAnswer(text) {
      answers.push(text);
      answered.resolve();
    },
    onSignal: (signal) => signals.push(signal),
  });
  return screen;
}

it("is the same whether it was followed from the start or built at the end", async () => {
  const bytes = recordings().find(({ name }) => name === "vim")?.bytes ?? new Uint8Array();
  const followed = follow();
  put(bytes.subarray(0, 3_000));
  await followed.snapshot();
  put(bytes.subarray(3_000), 3_000);
  const grown = await followed.snapshot();
  followed.close();
  expect(await follow().snapshot()).toEqual(grown);
  expect(grown.offset).toBe(bytes.length);
});

it("changes its size where the terminal did", async () => {
  put("x".repeat(100));
  index({ kind: "resize", atMs: 0, offset: 100, cols: 120, rows: 30 });
  put("\r\nafter");
  expect(await follow().snapshot()).toMatchObject({ cols: 120, rows: 30, offset: 107 });
});

it("answers what is asked from now on, and nothing that was asked before", async () => {
  put("\x1b[c");
  const followed = follow({ answersFrom: null });
  await followed.snapshot();
  put("\x1b[6n");
  await answered.promise;
  await followed.snapshot();
  expect(answers).toEqual(["\x1b[1;1R"]);
});

it("answers nothing while somebody controls the terminal, nor later what was asked meanwhile", async () => {
  const followed = follow({ isControlled: true });
  put("\x1b[c");
  await followed.snapshot();
  put("\x1b[c");
  followed.setControlled(false, 6);
  await followed.snapshot();
  put("\x1b[6n");
  await answered.promise;
  await followed.snapshot();
  expect(answers).toEqual(["\x1b[1;1R"]);
});

it("is of the output there was when it was asked for, and not of a flood that goes on", async () => {
  const followed = follow();
  put("x".repeat(200_000));
  let turns = 0;
  const flood = (): void => {
    put("y".repeat(100_000));
    turns += 1;
    if (turns < 200) setImmediate(flood);
  };
  flood();
  const { offset } = await followed.snapshot();
  expect(offset).toBeGreaterThanOrEqual(200_000);
  expect(offset).toBeLessThan(10_000_000);
  turns = 200;
});

it("answers what was asked before somebody controlled, and leaves the rest to them, however late it hears of it", async () => {
  put("\x1b[6n");
  put("\x1b[c");
  const followed = follow({ isControlled: true, at: 4 });
  await answered.promise;
  await followed.snapshot();
  followed.setControlled(false, 7);
  put("\x1b[5n");
  await expect.poll(() => answers).toEqual(["\x1b[1;1R", "\x1b[0n"]);
});

it("answers what is asked in a flood, and after it", async () => {
  follow();
  put(`${"y\r\n".repeat(100_000)}\x1b[6n`);
  await answered.promise;
  answered = Promise.withResolvers();
  put("y\r\n".repeat(100_000));
  put("\x1b[c");
  await answered.promise;
  expect(answers[0]).toBe("\x1b[24;1R");
  expect(answers).toHaveLength(2);
});

it("goes on from what is left when the oldest output was dropped", async () => {
  put("still there", 5_000);
  const { offset, state } = await follow().snapshot();
  expect(offset).toBe(5_011);
  expect(state).toContain("still there");
});

const changes = () => signals.filter(({ type }) => type === "screen-changed").length;

it("tells of what shows, also when the screen was parked meanwhile, and of nothing that does not", async () => {
  put("begin\r\n");
  follow();
  await expect.poll(changes).toBe(1);
  put("\x1b[6n\x1b[0m\x1b[3;7H\x1b]0;title\x07");
  put("\x1b]133;A\x07");
  await expect.poll(() => signals.at(-1)).toEqual({ type: "prompt" });
  put("more");
  await expect.poll(changes).toBe(2);
});

it("takes a flood for a change, and sees what it says at its end", async () => {
  const followed = follow();
  put(`${"y\r\n".repeat(100_000)}\x1b]7501;state=done\x07`);
  await expect.poll(changes).toBe(1);
  expect(signals[0]).toMatchObject({ type: "program", message: { report: { state: "done" } } });
  await followed.snapshot();
  put("and then");
  await expect.poll(changes).toBe(2);
});

it("does not take for work what is painted for another size, nor what a person typed", async () => {
  put("$ ");
  const followed = follow();
  await expect.poll(changes).toBe(1);
  followed.noteTyping();
  put("ls");
  index({ kind: "resize", atMs: 0, offset: 4, cols: 100, rows: 30 });
  put("\x1b[H\x1b[2Jpainted anew\x1b]133;C\x07");
  await expect.poll(() => signals.at(-1)).toEqual({ type: "command" });
  await followed.snapshot();
  expect(changes()).toBe(1);
});

it("tells of a session that was there before when it put something out last, and what its program said", async () => {
  put("\x07\x1b]7501;state=blocked:kind=auth\x1b\\");
  follow({ answersFrom: null });
  await expect.poll(() => signals.length).toBe(2);
  expect(signals).toMatchObject([{ type: "last-output" }, { type: "program", message: { report: { kind: "auth" } } }]);
});
