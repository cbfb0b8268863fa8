import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DaemonClient } from "@orchastration/client";
import type { Run } from "@orchastration/protocol/contract";
import { Terminal } from "@xterm/headless";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import {
  attachTo,
  connectToDaemon,
  type Follower,
  follow,
  processorTicks,
  residentBytes,
  startRun,
} from "../support/terminal-run.ts";
import { until } from "../support/until.ts";

/** What one terminal is put through must not be felt by the others, nor by those who look at it. */

const MIB = 1024 * 1024;
/** Gives back every key at once, untouched. */
const ECHO = ["sh", "-c", "stty raw -echo; echo ready; exec cat"] as const;
/** Answers each line, and floods when told to. */
const ANSWER = [
  "bash",
  "-c",
  'stty -echo; echo ready; while read -r x; do if [ "$x" = flood ]; then seq 300000; else echo "<$x>"; fi; done',
] as const;

let home: Home;
let daemon: DaemonClient;
let runs: Run[] = [];

beforeAll(async () => {
  home = createHome();
  await home.cli(["daemon", "start"]);
});
afterAll(() => home[Symbol.asyncDispose]());
beforeEach(async () => {
  daemon = await connectToDaemon(home);
});
afterEach(async () => {
  for (const { id } of runs.splice(0)) await home.cli(["stop", id]);
  daemon.close();
});

async function start(argv: readonly [string, ...string[]]): Promise<Run> {
  const run = await startRun(home, daemon, argv);
  runs = [...runs, run];
  return run;
}

async function echoes(session: Follower, key: string): Promise<void> {
  session.type(key);
  await session.shows(key);
}

async function supervisorPid(): Promise<number> {
  const { supervisors } = await daemon.call("daemon.status", {});
  const pid = supervisors.find(({ sessions }) => sessions > 0)?.pid;
  if (pid === undefined) throw new Error("no supervisor holds a session");
  return pid;
}

async function offsetOf({ id }: Run): Promise<number> {
  const { sessions } = await daemon.call("session.list", {});
  return sessions.find((session) => session.id === id)?.terminal?.offset ?? 0;
}

/** Shows an attachment in an emulator of its own. Resolves when the text is on its screen, with the screen. */
async function screenShowing(attachment: Follower["attachment"], text: string): Promise<string> {
  const terminal = new Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  const lines = (): string =>
    Array.from({ length: 24 }, (_, y) =>
      terminal.buffer.active.getLine(terminal.buffer.active.baseY + y)?.translateToString(true),
    ).join("\n");
  for await (const event of attachment.events) {
    if (event.kind === "screen") terminal.reset();
    if (event.kind === "screen" || event.kind === "output") {
      await new Promise<void>((resolve) => terminal.write(event.bytes, resolve));
    }
    if (lines().includes(text)) return lines();
  }
  throw new Error(`it ended without ${text}:\n${lines()}`);
}

test("a controller and ten watchers, one of which does not read for a while", async () => {
  const run = await start(ANSWER);
  const controller = await follow(home, run);
  await controller.shows("ready");
  const watchers = await Promise.all(
    Array.from({ length: 9 }, () => follow(home, run, { mode: "watch", from: "screen" })),
  );
  const deaf = await attachTo(home, run, { mode: "watch", from: "screen", budgetBytes: 16 * 1024 });
  for (let key = 0; key < 20; key++) {
    controller.type(`${key}\n`);
    await controller.shows(`<${key}>`);
  }
  for (const watcher of watchers) {
    watcher.type("from a watcher\n");
    await watcher.shows("<19>");
  }
  const screen = await attachTo(home, run, { mode: "watch", from: "screen" });
  // With the end of its line, which may come in a piece of its own.
  const shown = screenShowing(screen, "<last>\n");
  controller.type("flood\n");
  await until(async () => (await offsetOf(run)) > 1_900_000);
  controller.type("last\n");
  await until(async () => (await logOf(run)).endsWith("<last>\r\n"));
  expect(await screenShowing(deaf, "<last>\n")).toBe(await shown);
  expect(await logOf(run)).not.toContain("watcher");
  expect(watchers.flatMap(({ notices }) => notices)).toContain("input-refused");
});

async function logOf({ id }: Run): Promise<string> {
  return (await home.cli(["logs", id])).stdout;
}

test("Ctrl-C ends a flood in front of a client; memory stays bounded, and another session echoes meanwhile", async () => {
  const flooding = await start(["sh", "-c", "stty -opost; exec yes"]);
  const other = await follow(home, await start(ECHO));
  await other.shows("ready");
  const client = await follow(home, flooding, { from: "screen" });
  await until(async () => (await offsetOf(flooding)) > 10 * MIB);
  const pids = [await supervisorPid(), Number((await home.json(["daemon", "status"])).pid)];
  const before = pids.map(residentBytes);
  for (let key = 0; key < 30; key++) {
    const offset = await offsetOf(flooding);
    await echoes(other, `<${key}>`);
    await until(async () => (await offsetOf(flooding)) > offset);
  }
  await until(async () => (await offsetOf(flooding)) > 60 * MIB);
  pids.forEach((pid, index) => expect(residentBytes(pid) - (before[index] ?? 0)).toBeLessThan(64 * MIB));
  client.type("\u0003");
  expect(await client.ended).toBeUndefined();
  await expect.poll(async () => (await home.json(["show", flooding.id])).signal).toBe("SIGINT");
});

test("10 MB pasted into a program that does not read wait without work, delay nobody, and arrive whole", async () => {
  const [gate, target] = [join(home.cwd, "gate"), join(home.cwd, "pasted")];
  const bytes = 10 * MIB;
  const wait = `while [ ! -e '${gate}' ]; do sleep 0.1; done`;
  const run = await start([
    "sh",
    "-c",
    `stty raw -echo; echo ready; ${wait}; head -c ${bytes} > '${target}'; echo taken`,
  ]);
  const other = await follow(home, await start(ECHO));
  const client = await follow(home, run);
  await Promise.all([client.shows("ready"), other.shows("ready")]);
  const pasted = randomBytes(bytes);
  client.attachment.type(pasted);
  // The paste fills the terminal before the echo comes: both go through one loop.
  await echoes(other, "<filled>");
  const pid = await supervisorPid();
  const before = processorTicks(pid);
  await home.cli(["run", "--", "sleep", "2"]);
  // In ticks of 10 ms.
  expect(processorTicks(pid) - before).toBeLessThan(40);
  expect(residentBytes(pid)).toBeLessThan(150 * MIB);
  for (let key = 0; key < 30; key++) await echoes(other, `<${key}>`);
  const file = join(home.cwd, "file");
  writeFileSync(file, pasted);
  const hashed = await home.cli(["hash", "--file", file]);
  expect(JSON.parse(hashed.stdout)).toMatchObject({ hash: createHash("sha256").update(pasted).digest("hex") });
  writeFileSync(gate, "");
  await client.shows("taken");
  expect(readFileSync(target).equals(pasted)).toBe(true);
});
