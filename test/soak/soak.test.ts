import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { attach } from "@orchastration/client";
import { expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { connectToDaemon, startRun } from "../support/terminal-run.ts";
import { until } from "../support/until.ts";

/** Half a minute as part of every run of the tests; `npm run test:soak` works for longer. */
const WORK_MS = Number(process.env.SOAK_MINUTES ?? "0.4") * 60_000;
const MIB = 1024 * 1024;
/** What may stay beside the state of the first round: pages of the heap that are used again. */
const SLACK_BYTES = 24 * MIB;
const SEGMENT_BYTES = MIB;
const MOST_JOURNAL_BYTES = 4 * MIB;

interface Size {
  readonly rssBytes: number;
  readonly descriptors: number;
  readonly threads: number;
}

function sizeOf(pid: number): Size {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return {
    rssBytes: field("VmRSS") * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: field("Threads"),
  };
}

async function pidsOf(home: Home): Promise<{ readonly daemon: number; readonly supervisors: readonly number[] }> {
  const status = await home.json(["daemon", "status"]);
  const supervisors = status.supervisors as { readonly pid: number }[];
  return { daemon: Number(status.pid), supervisors: supervisors.map(({ pid }) => pid).toSorted((a, b) => a - b) };
}

const bytesBelow = (directory: string): number =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(directory, name)))
    .reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0);

/** A part of a day: jobs, a terminal that is attached to twice, a flood, a search, a configuration that changes, refused words. */
async function work(home: Home, round: number): Promise<void> {
  const daemon = await connectToDaemon(home);
  try {
    home.writeConfig(configOf(round));
    await Promise.all(
      Array.from({ length: 8 }, (_, n) => startRun(home, daemon, ["echo", `line ${n}`], { isTty: false })),
    );
    const flood = await startRun(home, daemon, ["sh", "-c", "head -c 8000000 /dev/zero | tr '\\0' x | fold -w 79"]);
    const terminal = await startRun(home, daemon, ["sh", "-c", "echo ready; read line; echo $line; seq 2000"]);
    await until(async () => (await home.json(["show", terminal.id])).status === "running");
    for (const last of [false, true]) await attachOnce(home, terminal.id, last);
    await until(async () => (await home.json(["show", flood.id])).status === "succeeded");
    await until(async () => (await home.json(["show", terminal.id])).status === "succeeded");
    expect((await home.cli(["logs", "--search", "needle that is nowhere"])).code).toBe(0);
    expect((await home.cli(["show", "nothing"])).code).toBe(1);
  } finally {
    daemon.close();
  }
}

const configOf = (round: number): string =>
  [
    "[journal]",
    `segment_bytes = ${SEGMENT_BYTES}`,
    `max_bytes_per_session = ${MOST_JOURNAL_BYTES}`,
    `[jobs.round${round}]`,
    'command = ["true"]',
    "",
  ].join("\n");

async function attachOnce(home: Home, session: string, isLast: boolean): Promise<void> {
  const { stateDir, cwd } = home;
  const attachment = await attach({
    connect: () => connectToDaemon(home),
    stateDir,
    context: { cwd, configFile: null },
    session,
    mode: "control",
    cols: 80,
    rows: 24,
    from: 0,
  });
  let isTyped = false;
  for await (const event of attachment.events) {
    if (event.kind !== "output" || isTyped) continue;
    if (!isLast) break;
    attachment.type(Buffer.from("typed\r"));
    isTyped = true;
  }
  attachment.detach();
}

test("a day's work leaves daemon and supervisors as they were", { timeout: WORK_MS + 400_000 }, async () => {
  await using home = createHome();
  home.writeConfig(configOf(0));
  await home.cli(["daemon", "start"]);
  await work(home, 1);
  await work(home, 2);
  const first = await pidsOf(home);
  const before = [first.daemon, ...first.supervisors].map((pid) => ({ pid, ...sizeOf(pid) }));

  const endAt = performance.now() + WORK_MS;
  for (let round = 3; performance.now() < endAt; round += 1) {
    await work(home, round);
  }
  expect(await pidsOf(home)).toEqual(first);
  for (const { pid, descriptors, threads, rssBytes } of before) {
    await expect.poll(() => sizeOf(pid).descriptors).toBeLessThanOrEqual(descriptors + 2);
    expect(sizeOf(pid).threads).toBeLessThanOrEqual(threads + 4);
    // A daemon gives back what it does not need when it has been quiet for some seconds.
    await expect.poll(() => sizeOf(pid).rssBytes).toBeLessThan(rssBytes + SLACK_BYTES);
  }

  for (let restart = 0; restart < 3; restart += 1) {
    expect((await home.cli(["daemon", "restart"])).code).toBe(0);
    await work(home, 1_000 + restart);
  }
  const last = await pidsOf(home);
  expect(last.supervisors).toEqual(first.supervisors);
  expect(sizeOf(last.daemon).descriptors).toBeLessThanOrEqual((before[0]?.descriptors ?? 0) + 4);
  expect((await home.cli(["audit", "verify"])).code).toBe(0);

  const sessions = join(home.stateDir, "sessions");
  for (const session of readdirSync(sessions)) {
    expect(bytesBelow(join(sessions, session))).toBeLessThanOrEqual(MOST_JOURNAL_BYTES + 2 * SEGMENT_BYTES);
  }
  // The daemon, its supervisors, and nobody else.
  await until(() => home.processes().length <= 1 + last.supervisors.length);
});
