import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine, type Place, whenInstalled } from "../machine.ts";
import { type Contest, latencies, latencyFigures, type Side, timed } from "../measure.ts";
import { openOurPane, openPane, openShortestPane, type Pane, startSession, startTmux } from "./pane.ts";

/** Characters that no escape sequence has at its end: a terminal that repaints cannot be taken for one that echoes. */
const KEYS = "~%&=+@#";

/** Takes what is typed and says nothing: all that comes back is the terminal's own echo. */
const SILENT = "exec cat >/dev/null";

/** The terminal echoes them: neither side's program has anything to do. Every line is ended before it would wrap. */
async function typeInto({ type, shows }: Pane, keys: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let n = 0; n < keys; n++) {
    const key = KEYS[n % KEYS.length] ?? "~";
    times.push(
      await timed(async () => {
        const shown = shows(key);
        type(key);
        await shown;
      }),
    );
    if (n % 50 === 49) {
      type("\r");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  return latencies(times);
}

type Load = () => Promise<() => Promise<void>>;

export async function echo(place: Place): Promise<readonly Contest[]> {
  const keys = place.isQuick ? 100 : 300;
  await place.configure("[journal]\nsegment_bytes = 1048576\nmax_bytes_per_session = 8388608\n");
  const client = await place.connect();
  const session = await startSession(place, client, ["sh", "-c", SILENT]);
  const ours = openOurPane(place, "attach", session);
  await settle(ours);
  const side = (name: string, pane: Pane, load: Load): Side => ({
    name,
    async round() {
      const stop = await load();
      const sample = await typeInto(pane, keys);
      await stop();
      return sample;
    },
  });

  const file = join(place.dir, "to-be-hashed");
  execFileSync("sh", ["-c", 'head -c 256M /dev/urandom > "$0"', file]);
  const idle: Load = async () => async () => {};
  const hashing: Load = async () => hashInTurns(place, file);
  const ourFlood: Load = async () => {
    const run = await startSession(place, client, ["yes", "flood"]);
    await moment();
    return async () => {
      await client.call("run.stop", { context: { cwd: place.dir, configFile: null }, run });
      await moment();
    };
  };

  const tmux = whenInstalled("tmux", "tmux", () => {
    const server = startTmux(place);
    const pane = openPane(place, ...server.command("new-session", SILENT));
    const flood: Load = async () => {
      server.run("new-window", "-d", "-t", "first:", "-n", "flood", "yes flood");
      await moment();
      return async () => void server.run("kill-window", "-t", "first:flood");
    };
    return { pane, flood };
  });
  const dtach = whenInstalled("dtach", "dtach", () => {
    const pidFile = join(place.dir, "dtach.pid");
    // Its server outlives every client, and goes with the program in it.
    place.atEnd(() => process.kill(Number(readFileSync(pidFile, "utf8"))));
    const words = ["-A", join(place.dir, "dtach.sock"), "-E", "-z", "-r", "none"];
    return { pane: openPane(place, "dtach", [...words, "sh", "-c", `echo $$ > ${pidFile}; ${SILENT}`]) };
  });
  const shortest = await openShortestPane(place, ["sh", "-c", SILENT]);
  await settle(shortest);
  for (const pane of [tmux, dtach]) if ("pane" in pane) await settle(pane.pane);
  const against = (load: Load, tmuxLoad: Load) => ({
    ours: side("attached CLI", ours, load),
    reference: "missing" in tmux ? tmux : side("tmux", tmux.pane, tmuxLoad),
  });
  const under = { must: [1.1, 1.3], goal: [0.9, 1] } as const;
  return [
    {
      area: "terminals",
      figures: latencyFigures("echo, idle", { must: [1.4, 4], goal: [1.2, 2] }),
      ...against(idle, idle),
    },
    {
      area: "terminals",
      figures: latencyFigures("echo, idle, of the shortest pair of Node processes, nothing recorded", {
        must: [],
        goal: [],
      }),
      ours: side("two Node processes", shortest, idle),
      reference: against(idle, idle).reference,
    },
    {
      area: "terminals",
      figures: latencyFigures("echo while another session floods", under),
      ...against(ourFlood, floodOf(tmux, idle)),
    },
    { area: "terminals", figures: latencyFigures("echo while hashing", under), ...against(hashing, hashing) },
    {
      area: "terminals",
      figures: latencyFigures("echo, idle, against dtach", { must: [], goal: [] }),
      ours: side("attached CLI", ours, idle),
      reference: "missing" in dtach ? dtach : side("dtach", dtach.pane, idle),
    },
  ];
}

const floodOf = (tmux: { flood: Load } | { missing: string }, otherwise: Load): Load =>
  "flood" in tmux ? tmux.flood : otherwise;

/** Until the program in front has set up the terminal, and would not let it echo by itself any more. */
async function settle(pane: Pane): Promise<void> {
  await moment();
  await moment();
  const shown = pane.shows("~");
  pane.type("~");
  await shown;
}

/** Until what was started is under way. */
const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

function hashInTurns(place: Place, file: string): () => Promise<void> {
  let isWanted = true;
  const done = (async () => {
    while (isWanted) {
      const child = spawn(process.execPath, [commandLine, "hash", "--file", file], { env: place.env, stdio: "ignore" });
      await once(child, "exit");
    }
  })();
  return async () => {
    isWanted = false;
    await done;
  };
}
