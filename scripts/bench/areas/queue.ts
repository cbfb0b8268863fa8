import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { type Place, residentKb, supervisorsOf, whenInstalled } from "../machine.ts";
import { type Contest, type Figure, type Side, timed } from "../measure.ts";

export async function queue(place: Place): Promise<readonly Contest[]> {
  const jobs = place.isQuick ? 200 : 1_000;
  let configured = 0;
  const contests = [2, 4, 8].flatMap((concurrency): readonly Contest[] => {
    const ours: Side = {
      name: `concurrency ${concurrency}`,
      async round() {
        // Once for all its rounds: the daemon of somebody who queues a thousand jobs has been running for a while.
        if (configured !== concurrency) await place.configure(`[limits]\nconcurrency = ${concurrency}\n`);
        configured = concurrency;
        return [await runThrough(place, jobs)];
      },
    };
    const figure = (against: string, must: number | null, goal: number | null): Figure => ({
      measure: `${jobs} x true, concurrency ${concurrency}, against ${against}`,
      unit: "ms",
      better: "less",
      must,
      goal,
    });
    const shell = (script: string) => async () => [await place.time("bash", ["-c", script])];
    const spooler = whenInstalled("tsp", "task-spooler", () => ({
      name: "task-spooler",
      round: shell(`tsp -S ${concurrency}; for i in $(seq ${jobs}); do tsp -n true >/dev/null; done; tsp -w; tsp -K`),
    }));
    const recorded: Contest = { area: "queue", figures: [figure("task-spooler", 1, 0.6)], ours, reference: spooler };
    if (concurrency !== 4) return [recorded];
    const xargs: Side = { name: "xargs -P4", round: shell(`seq ${jobs} | xargs -P4 -n1 true`) };
    const plain: Side = { name: "spawn of Node, 4 at a time", round: async () => [await spawnAll(jobs, concurrency)] };
    return [
      recorded,
      {
        area: "queue",
        figures: [figure("xargs, which records nothing", null, null)],
        ours,
        reference: xargs,
        mostRounds: 3,
      },
      { area: "queue", figures: [figure("plain spawn", null, null)], ours, reference: plain, mostRounds: 3 },
      // What nothing that starts commands from Node can get below.
      {
        area: "queue",
        figures: [
          { ...figure("task-spooler", null, null), measure: `${jobs} x true, plain spawn against task-spooler` },
        ],
        ours: plain,
        reference: spooler,
        mostRounds: 3,
      },
    ];
  });
  return [...contests, memory(place, jobs)];
}

/** Every job asked for at once; done when the last outcome is committed and told. */
async function runThrough(place: Place, jobs: number): Promise<number> {
  const client = await place.connect();
  const ms = await timed(async () => {
    let ended = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    await client.subscribe({ filter: { names: ["run.succeeded"] } }, () => {
      ended += 1;
      if (ended === jobs) resolve();
    });
    const params = {
      context: { cwd: place.dir, configFile: null },
      environment: place.env,
      target: { argv: ["true"] as const },
    };
    await Promise.all(Array.from({ length: jobs }, () => client.call("job.run", params)));
    await promise;
  });
  client.close();
  return ms;
}

function spawnAll(jobs: number, concurrency: number): Promise<number> {
  let left = jobs;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await once(spawn("true", { stdio: "ignore" }), "exit");
  };
  return timed(() => Promise.all(Array.from({ length: concurrency }, worker)));
}

function memory(place: Place, jobs: number): Contest {
  const figure = (measure: string, must: number, goal: number): Figure => ({
    measure,
    unit: "MB",
    better: "less",
    must,
    goal,
  });
  return {
    area: "queue",
    figures: [
      figure(`resident memory of the daemon after ${3 * jobs} jobs`, 90, 70),
      figure(`resident memory of the supervisor after ${3 * jobs} jobs`, 60, 50),
    ],
    ours: {
      name: "idle",
      async round() {
        // Not the supervisor of an earlier daemon, which would be nobody's child.
        await place.orchastration("daemon", "stop", "--all");
        await place.orchastration("daemon", "start");
        for (let n = 0; n < 3; n++) await runThrough(place, jobs);
        // Idle: the daemon gives memory back when nothing has happened for five seconds.
        await delay(8_000);
        const client = await place.connect();
        const { pid } = client.server.serverInfo;
        const supervisors = supervisorsOf(place);
        client.close();
        return [residentKb(pid) / 1_024, Math.max(...supervisors.map((supervisor) => residentKb(supervisor) / 1_024))];
      },
    },
    reference: null,
    mostRounds: 1,
  };
}
