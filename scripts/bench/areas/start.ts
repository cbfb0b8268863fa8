import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Place } from "../machine.ts";
import { type Contest, type Side, timed } from "../measure.ts";

export const nodeItself = (place: Place): Side => ({
  name: "node -e 0",
  round: async () => [await place.time(process.execPath, ["-e", "0"])],
});

/** Answers one word; `run` after it has carried out `true` and flushed a line before and after. Given `once`, it ends with its first client. */
const BARE_SERVER = `
  const { fsyncSync, openSync, writeSync } = require("node:fs");
  const [, path, life] = process.argv;
  const log = openSync(path + ".log", "a");
  const note = (word) => { writeSync(log, word + "\\n"); fsyncSync(log); };
  const run = (socket) => {
    note("intent");
    require("node:child_process").spawn("true", { stdio: "ignore" }).on("exit", () => { note("outcome"); socket.write("ended"); });
  };
  const server = require("node:net").createServer((socket) => {
    socket.on("data", (word) => (String(word) === "run" ? run(socket) : socket.write("status")));
    socket.on("close", () => life === "once" && server.close());
  });
  server.listen(path, () => process.stdout.write("ready"));
`;

const ASK = `
  const ask = (path, word) => require("node:net").connect(path).on("data", (answer) => { process.stdout.write(answer); process.exit(); }).write(word);
`;

/** The least that a command can be which asks a daemon over a socket, when both are Node. */
const BARE_CLIENT = `${ASK} ask(process.argv[1], process.argv[2]);`;

/** And the least that one can be which launches it first. */
const BARE_LAUNCHER = `${ASK}
  const [, path, server] = process.argv;
  const options = { detached: true, stdio: ["ignore", "pipe", "ignore"] };
  require("node:child_process").spawn(process.execPath, ["-e", server, path, "once"], options).stdout.once("data", () => ask(path, "status"));
`;

async function startBareServer(place: Place): Promise<string> {
  const path = join(place.dir, "bare.sock");
  const server = spawn(process.execPath, ["-e", BARE_SERVER, path], {
    env: place.env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  place.atEnd(() => void server.kill());
  await once(server.stdout, "data");
  return path;
}

const bareClient = (place: Place, path: string, word: string) => () =>
  place.time(process.execPath, ["-e", BARE_CLIENT, path, word]);

/** The start of a process takes some 30 ms, and now and then twice as long. */
const STARTS = 31;

function contestOf(place: Place, area: string) {
  return (measure: string, must: number | null, goal: number | null, round: () => Promise<number>): Contest => ({
    area,
    figures: [{ measure, unit: "ms", better: "less", must, goal }],
    ours: { name: measure, round: async () => [await round()] },
    reference: nodeItself(place),
    leastRounds: STARTS,
  });
}

export async function start(place: Place): Promise<readonly Contest[]> {
  await place.orchastration("daemon", "start");
  const path = await startBareServer(place);
  const contest = contestOf(place, "start");
  let launches = 0;
  return [
    contest("status --json, daemon running", 1.35, 1.1, () => place.orchastration("status", "--json")),
    contest("the floor: a bare client of a bare server in Node", null, null, bareClient(place, path, "status")),
    contest("--help", 4, 2.5, () => place.orchastration("--help")),
    contest("daemon start to first answer", 5, 3, async () => {
      await place.orchastration("daemon", "stop", "--all");
      return await timed(() => place.orchastration("status", "--json"));
    }),
    contest("the floor: a bare client that launches a bare server", null, null, () =>
      place.time(process.execPath, ["-e", BARE_LAUNCHER, join(place.dir, `bare-${launches++}.sock`), BARE_SERVER]),
    ),
  ];
}

export async function run(place: Place): Promise<readonly Contest[]> {
  await place.orchastration("daemon", "start");
  const path = await startBareServer(place);
  const contest = contestOf(place, "run");
  return [
    contest("run true end to end", 1.5, 1.35, () => place.orchastration("run", "--", "true")),
    contest(
      "the floor: a bare server in Node spawns it, and flushes a line before and after",
      null,
      null,
      bareClient(place, path, "run"),
    ),
  ];
}
