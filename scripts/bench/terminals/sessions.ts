import { setTimeout as delay } from "node:timers/promises";
import type { DaemonClient } from "@orchastration/client";
import { nodeItself } from "../areas/start.ts";
import { type Place, processorMs, residentKb, supervisorsOf, whenInstalled } from "../machine.ts";
import { type Contest, type Figure, timed } from "../measure.ts";
import { bareStartMs, openOurPane, startSession, startTmux } from "./pane.ts";

/** What a shell that waits for a person costs us: its own memory is the same under everybody. */
const IDLE = ["sleep", "1000"] as const;

/** So many that what they leave is collected before the others are counted. */
const WARMING_SESSIONS = 100;

export async function attachTime(place: Place): Promise<readonly Contest[]> {
  const client = await place.connect();
  const session = await startSession(place, client, ["sh", "-c", "seq 1 10000; echo the-last-line; exec sleep 1000"]);
  await delay(500);
  client.close();
  return [
    {
      area: "terminals",
      figures: [
        {
          measure: "attach to a screen with 10,000 lines of history",
          unit: "ms",
          better: "less",
          must: 1.6,
          goal: 1.4,
        },
      ],
      ours: {
        name: "attach",
        async round() {
          let pane: ReturnType<typeof openOurPane> | undefined;
          const ms = await timed(async () => {
            pane = openOurPane(place, "attach", "--read-only", session);
            await pane.shows("the-last-line", "beginning");
          });
          pane?.close();
          await pane?.ended;
          return [ms];
        },
      },
      reference: nodeItself(place),
    },
  ];
}

export async function idleSessions(place: Place): Promise<readonly Contest[]> {
  const counts = [1, 20, 100];
  const idleMs = place.isQuick ? 5_000 : 60_000;
  const memory = (count: number): Figure => ({
    measure: `memory per idle session at ${count}`,
    unit: "KB",
    better: "less",
    must: count === 100 ? 100 : null,
    goal: count === 100 ? 30 : null,
  });
  const first: Figure = {
    measure: "memory of the first idle session, with the thread that keeps screens",
    unit: "KB",
    better: "less",
    must: null,
    goal: null,
  };
  const processor: Figure = {
    measure: `processor time of 100 idle sessions over ${idleMs / 1_000} s, of one core`,
    unit: "%",
    better: "less",
    must: 0.5,
    goal: 0,
  };
  const tmux = whenInstalled("tmux", "tmux", () => ({
    name: "tmux",
    async round() {
      const server = startTmux(place);
      const sample = await fill(counts, [server.pid], 0, async (more) => {
        for (let n = 0; n < more; n++) server.run("new-window", "-d", IDLE.join(" "));
      });
      server.end();
      return sample;
    },
  }));
  const ours = {
    name: "daemon and supervisor",
    async round() {
      await place.orchastration("daemon", "stop", "--all");
      await place.orchastration("daemon", "start");
      const client = await place.connect();
      // What the first ones make both processes load and compile, for good, is not what a session takes.
      await startMany(place, client, WARMING_SESSIONS);
      await stopAll(place, client);
      const { pid } = client.server.serverInfo;
      const pids = [pid, ...supervisorsOf(place)];
      await settle(pids);
      const before = residentKb(...pids);
      await startMany(place, client, 1);
      await settle(pids);
      const first = residentKb(...pids) - before;
      const sample = await fill(counts, pids, idleMs, (more) => startMany(place, client, more));
      client.close();
      return [first, ...sample];
    },
  };
  const area = { area: "terminals", ours, reference: null, mostRounds: 1 };
  return [
    { ...area, figures: [first, ...counts.map(memory), processor] },
    {
      area: "terminals",
      figures: counts.map(memory).map((figure) => ({
        ...figure,
        measure: `tmux: ${figure.measure}`,
        must: null,
        goal: null,
      })),
      ours: "round" in tmux ? tmux : { name: "tmux", round: async () => [] },
      reference: "round" in tmux ? null : tmux,
      mostRounds: 1,
    },
  ];
}

/** Kilobytes per session at each count, and the share of a core that the last of them use while nothing happens. */
async function fill(
  counts: readonly number[],
  pids: readonly number[],
  idleMs: number,
  start: (more: number) => Promise<void>,
): Promise<readonly number[]> {
  await settle(pids);
  const before = residentKb(...pids);
  const sample: number[] = [];
  let present = 0;
  for (const count of counts) {
    await start(count - present);
    present = count;
    await settle(pids);
    sample.push((residentKb(...pids) - before) / count);
  }
  const used = processorMs(...pids);
  await delay(idleMs);
  return [...sample, (100 * (processorMs(...pids) - used)) / idleMs];
}

/** Starting sessions leaves work for later, the last of it five to ten seconds after: garbage to collect, screens to put away. */
const SETTLED_AFTER_MS = 12_000;

/** Until what was started is idle: nothing has used the processor for a while. Not for ever: what never settles is to be seen. */
async function settle(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + 5 * SETTLED_AFTER_MS;
  let used = processorMs(...pids);
  let since = performance.now();
  while (performance.now() - since < SETTLED_AFTER_MS && performance.now() < deadline) {
    await delay(500);
    const now = processorMs(...pids);
    if (now === used) continue;
    used = now;
    since = performance.now();
  }
}

export async function startRate(place: Place): Promise<readonly Contest[]> {
  const count = place.isQuick ? 30 : 100;
  const client = await place.connect();
  const perSecond = (ms: number): readonly number[] => [(1_000 * count) / ms];
  const started = { measure: "terminal sessions started", unit: "/s", better: "more" } as const;
  const reference = whenInstalled("tmux", "tmux new-window", () => ({
    name: "tmux new-window",
    async round() {
      const server = startTmux(place);
      const [file, args] = server.command();
      const words = Array.from({ length: count }, () => ["new-window", "-d", IDLE.join(" "), ";"]).flat();
      const ms = await place.time(file, [...args, ...words.slice(0, -1)]);
      server.end();
      return perSecond(ms);
    },
  }));
  return [
    {
      area: "terminals",
      figures: [{ ...started, must: 2, goal: 3 }],
      ours: {
        name: "job.run, recorded",
        async round() {
          const ms = await timed(() => startMany(place, client, count));
          await stopAll(place, client);
          return perSecond(ms);
        },
      },
      reference,
    },
    {
      area: "terminals",
      figures: [
        { ...started, measure: `${started.measure} by node-pty alone, nothing recorded`, must: null, goal: null },
      ],
      ours: { name: "node-pty", round: async () => perSecond(bareStartMs(place, count, IDLE)) },
      reference,
    },
  ];
}

/** Resolves when each has a process. */
async function startMany(place: Place, client: DaemonClient, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let launched = 0;
  const subscription = await client.subscribe({ filter: { names: ["run.launched"] } }, () => {
    launched += 1;
    if (launched === count) resolve();
  });
  await Promise.all(Array.from({ length: count }, () => startSession(place, client, IDLE)));
  await promise;
  await subscription.unsubscribe();
}

async function stopAll(place: Place, client: DaemonClient): Promise<void> {
  const { sessions } = await client.call("session.list", {});
  const context = { cwd: place.dir, configFile: null };
  const { promise, resolve } = Promise.withResolvers<void>();
  let ended = 0;
  const subscription = await client.subscribe({ filter: { names: ["run.stopped"] } }, () => {
    ended += 1;
    if (ended === sessions.length) resolve();
  });
  await Promise.all(sessions.map(({ id }) => client.call("run.stop", { context, run: id })));
  if (sessions.length > 0) await promise;
  await subscription.unsubscribe();
}
