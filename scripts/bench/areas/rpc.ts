import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readDaemonEndpoint } from "@orchastration/protocol/node";
import { type Place, residentKb } from "../machine.ts";
import { type Contest, latencies, latencyFigures, timed } from "../measure.ts";

/** Answers every line with a line, as long as it is asked to be: the least that any protocol over a socket can cost in Node. */
const ECHO_SERVER = `
  const rl = require("node:readline");
  const text = "x".repeat(1300);
  const answer = ({ id, params }) => JSON.stringify({ jsonrpc: "2.0", id, result: params.bytes ? text.slice(0, params.bytes) : {} });
  require("node:net").createServer((s) => rl.createInterface({ input: s }).on("line", (l) =>
    s.write(answer(JSON.parse(l)) + "\\n"))).listen(process.argv[1], () => console.log("ready"));
`;
const CALLS = 2_000;
/** Below the limit of requests in flight. */
const PIPELINED = 500;
const CLIENTS = 500;

export async function rpc(place: Place): Promise<readonly Contest[]> {
  await place.orchastration("run", "--", "true");
  const path = join(place.dir, "echo.sock");
  const echo = spawn(process.execPath, ["-e", ECHO_SERVER, path], {
    env: place.env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(echo.stdout, "data");
  process.on("exit", () => echo.kill());
  const [daemon, raw] = [await openDaemon(place), await openLine(path)];
  const context = { cwd: place.dir, configFile: null };
  const list = JSON.parse(await daemon.call("run.list", { context, limit: 1 })) as {
    result: { runs: { id: string }[] };
  };
  const run = list.result.runs[0]?.id;

  const oneByOne = (line: Line) => async () => {
    const times: number[] = [];
    for (let n = 0; n < CALLS; n++) times.push(await timed(() => line.call("ping", {})));
    return latencies(times);
  };
  const pipelined = (line: Line, method: string, params: object) => async () => {
    const ms = await timed(async () => {
      for (let n = 0; n < CALLS; n += PIPELINED) {
        await Promise.all(Array.from({ length: PIPELINED }, () => line.call(method, params)));
      }
    });
    return [(1_000 * CALLS) / ms];
  };
  return [
    {
      area: "rpc",
      figures: latencyFigures("one call", { must: [1.25, 1.5], goal: [1.1, 1.2] }),
      ours: { name: "ping of the daemon", round: oneByOne(daemon) },
      reference: { name: "raw socket echo in Node", round: oneByOne(raw) },
    },
    {
      area: "rpc",
      figures: [{ measure: "pipelined calls with a registry read", unit: "/s", better: "more", must: 0.6, goal: 0.8 }],
      ours: { name: "run.get", round: pipelined(daemon, "run.get", { context, run }) },
      reference: { name: "ping", round: pipelined(daemon, "ping", {}) },
    },
    {
      // What the length of such an answer alone makes of that ratio.
      area: "rpc",
      figures: [{ measure: "pipelined raw answers of 1.2 KB", unit: "/s", better: "more", must: null, goal: null }],
      ours: { name: "raw socket echo in Node", round: pipelined(raw, "ping", { bytes: 1_200 }) },
      reference: { name: "of 40 bytes", round: pipelined(raw, "ping", {}) },
    },
    {
      area: "rpc",
      figures: [{ measure: `memory per client at ${CLIENTS} clients`, unit: "KB", better: "less", must: 50, goal: 35 }],
      ours: { name: "daemon", round: () => memoryPerClient(place) },
      reference: null,
    },
  ];
}

/** A fresh daemon each time: what one has been given for the first clients, it uses again for the next. */
async function memoryPerClient(place: Place): Promise<readonly number[]> {
  await place.orchastration("daemon", "restart");
  const first = await openDaemon(place);
  const { pid } = first;
  const before = residentKb(pid);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => openDaemon(place)));
  const after = residentKb(pid);
  for (const client of [first, ...clients]) client.close();
  return [(after - before) / CLIENTS];
}

interface Line {
  /** Answers the line as it is: what a client makes of it is nobody's doing here. */
  call(method: string, params: object): Promise<string>;
  close(): void;
}

async function openDaemon(place: Place): Promise<Line & { readonly pid: number }> {
  const endpoint = readDaemonEndpoint(place.stateDir);
  if (!endpoint.isPresent) throw new Error(endpoint.reason);
  const line = await openLine(endpoint.endpoint.socket);
  const clientInfo = { name: "bench", version: "1" };
  const params = { protocolVersion: { min: 1, max: 1 }, clientInfo };
  const { result } = JSON.parse(await line.call("initialize", params)) as { result: { serverInfo: { pid: number } } };
  return { ...line, pid: result.serverInfo.pid };
}

/** The same client for both sides: a line out, a line back. */
async function openLine(path: string): Promise<Line> {
  const socket = connectSocket(path);
  await once(socket, "connect");
  const waiting: ((answer: string) => void)[] = [];
  createInterface({ input: socket }).on("line", (line) => waiting.shift()?.(line));
  socket.unref();
  let id = 0;
  return {
    call: (method, params) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        id += 1;
        socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
      }),
    close: () => void socket.destroy(),
  };
}
