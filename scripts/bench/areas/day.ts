import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Place, residentKb, supervisorsOf } from "../machine.ts";
import type { Contest, Figure } from "../measure.ts";
import { openOurPane } from "../terminals/pane.ts";

/** Rounds of work that a day has, and a quick look at one. */
const ROUNDS = 40;
const QUICK_ROUNDS = 4;
/** Threads that had something to do end after half a minute without, and the daemon gives memory back. */
const REST_MS = 45_000;

/** What is resident when somebody who has worked all day has gone home. */
export async function dayOfWork(place: Place): Promise<readonly Contest[]> {
  const rounds = place.isQuick ? QUICK_ROUNDS : ROUNDS;
  const figure = (process: string, must: number, goal: number): Figure => ({
    measure: `resident memory of the ${process}, idle after ${rounds} rounds of mixed work`,
    unit: "MB",
    better: "less",
    must,
    goal,
  });
  const file = join(place.dir, "hashed");
  execFileSync("sh", ["-c", 'head -c 64M /dev/urandom > "$0"', file]);
  return [
    {
      area: "daemon",
      figures: [figure("daemon", 90, 70), figure("supervisor", 60, 50)],
      ours: {
        name: "idle",
        async round() {
          for (let n = 0; n < rounds; n++) await workOnce(place, file, n);
          await delay(REST_MS);
          const client = await place.connect();
          const { pid } = client.server.serverInfo;
          client.close();
          return [residentKb(pid) / 1_024, Math.max(...supervisorsOf(place).map((each) => residentKb(each) / 1_024))];
        },
      },
      reference: null,
      mostRounds: 1,
    },
  ];
}

/** Jobs, a flood, a terminal somebody is attached to, a search, a digest, a configuration that changes, the history. */
async function workOnce(place: Place, file: string, round: number): Promise<void> {
  writeFileSync(join(place.dir, ".config/orchastration/config.toml"), `[jobs.round${round}]\ncommand = ["true"]\n`);
  await Promise.all(Array.from({ length: 8 }, () => place.orchastration("run", "--", "echo", "a line")));
  await place.orchastration("run", "--tty", "--", "sh", "-c", "head -c 8000000 /dev/zero | tr '\\0' x | fold -w 79");
  const pane = openOurPane(place, "run", "--tty", "--", "sh", "-c", "seq 2000; read line; echo $line");
  await pane.shows("2000", "beginning");
  pane.type("typed\r");
  await pane.ended;
  await place.orchastration("logs", "--search", "needle that is nowhere");
  await place.orchastration("hash", "--file", file);
  await place.orchastration("runs");
}
