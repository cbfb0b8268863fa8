import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { connectRaw, INITIALIZE, type RawConnection } from "../support/raw-connection.ts";

/** The limits of the wire at their full size: what one hostile program does costs bounded memory, and others are served meanwhile. */

const MIB = 1024 * 1024;
/** Each connection of wire.md may cost 50 KB; descriptors of this process and of the daemon are raised for them. */
const CONNECTIONS = 10_000;

let home: Home;
let path: string;
let daemon: number;

beforeAll(async () => {
  home = createHome();
  await home.cli(["daemon", "start"]);
  const status = await home.json(["daemon", "status"]);
  path = String(status.socket);
  daemon = Number(status.pid);
});
afterAll(() => home[Symbol.asyncDispose]());

function residentBytes(): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${daemon}/status`, "utf8"))?.[1]) * 1024;
}

async function initialized(): Promise<RawConnection> {
  const connection = await connectRaw(path);
  await connection.call("init", "initialize", INITIALIZE);
  return connection;
}

async function expectOthersServed(): Promise<void> {
  const { code, stdout } = await home.cli(["run", "--", "echo", "served"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "served\n" });
}

/** As long as the backlog of the daemon's socket is full the system refuses. */
async function connectPatiently(): Promise<Socket> {
  for (;;) {
    const socket = connect(path);
    const isConnected = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.on("error", () => {});
    if (isConnected) return socket;
    await nextTurn();
  }
}

test("ten thousand connections", async () => {
  for (const pid of [process.pid, daemon])
    execFileSync("prlimit", ["--pid", String(pid), `--nofile=${CONNECTIONS + 1_000}:`]);
  const before = residentBytes();
  const sockets: Socket[] = [];
  try {
    // In bursts that fit into the backlog of a socket.
    while (sockets.length < CONNECTIONS) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, connectPatiently))));
    }
    const answered = sockets.map((socket) => once(socket, "data"));
    for (const socket of sockets) socket.write('{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}\n');
    await Promise.all(answered);
    expect(residentBytes() - before).toBeLessThan((CONNECTIONS * 50 * 1024 * 3) / 2);
    // The next one may be refused; those that are there are served.
    const last = sockets.at(-1);
    const again = last && once(last, "data");
    last?.write('{"jsonrpc":"2.0","id":2,"method":"ping","params":{}}\n');
    expect(String((await again)?.[0])).toContain('"id":2');
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  await expect
    .poll(() =>
      expectOthersServed().then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
});

test("a line of a gibibyte", async () => {
  const before = residentBytes();
  const socket = connect(path);
  socket.on("error", () => {});
  await once(socket, "connect");
  const closed = once(socket, "close");
  socket.resume();
  const piece = Buffer.alloc(4 * MIB, "x");
  for (let sent = 0; sent < 1024 * MIB && !socket.destroyed; sent += piece.length) {
    if (!socket.write(piece)) await Promise.race([once(socket, "drain"), closed]);
  }
  await closed;
  expect(residentBytes() - before).toBeLessThan(64 * MIB);
  await expectOthersServed();
});

test("a thousand subscriptions of a reader that never reads, while events come", async () => {
  const connection = await initialized();
  const answers = Array.from({ length: 999 }, (_, id) => connection.call(id, "events.subscribe", {}));
  await Promise.all(answers);
  connection.socket.pause();
  const before = residentBytes();
  for (let n = 0; n < 5; n += 1) await expectOthersServed();
  expect(residentBytes() - before).toBeLessThan(64 * MIB);
  connection.close();
});

test("nested brackets in each of a hundred connections", async () => {
  const before = residentBytes();
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const line = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":${deep}}}\n`;
  const connections = await Promise.all(Array.from({ length: 100 }, () => connectRaw(path)));
  for (const connection of connections) connection.write(line);
  await Promise.all(connections.map((connection) => connection.next().catch(() => undefined)));
  expect(residentBytes() - before).toBeLessThan(192 * MIB);
  for (const connection of connections) connection.close();
  await expectOthersServed();
});

test("nothing of all that made it listen on a network", () => {
  const sockets = execFileSync("ss", ["-lntupH"], { encoding: "utf8" });
  expect(sockets).not.toContain(`pid=${daemon},`);
});
