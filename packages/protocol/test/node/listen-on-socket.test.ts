import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { listenOnSocket } from "../../src/node/listen-on-socket.ts";

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

function newServer(): Server {
  const server = createServer((socket) => socket.on("error", () => {}).end("hello"));
  servers.push(server);
  return server;
}

async function makeDeadSocket(path: string): Promise<void> {
  const program = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  await once(spawn(process.execPath, ["-e", program], { stdio: "ignore" }), "exit");
  expect(statSync(path).isSocket()).toBe(true);
}

const LOCKED = { mayUnlinkStale: true };

test("a socket is its owner's alone, whatever the umask, which stays as it was", async () => {
  const path = join(temporaryDirectory(), "s");
  const umask = process.umask(0);
  try {
    await listenOnSocket(newServer(), path, LOCKED);
    expect(process.umask()).toBe(0);
  } finally {
    process.umask(umask);
  }
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const [greeting] = await once(connect(path), "data");
  expect(String(greeting)).toBe("hello");
});

test("a dead socket is replaced by the holder of the lock and by nobody else", async () => {
  const path = join(temporaryDirectory(), "s");
  await makeDeadSocket(path);
  await expect(listenOnSocket(newServer(), path, { mayUnlinkStale: false })).rejects.toThrow(/nobody listens on/);
  expect(existsSync(path)).toBe(true);
  await listenOnSocket(newServer(), path, LOCKED);
  const [greeting] = await once(connect(path), "data");
  expect(String(greeting)).toBe("hello");
});

test("the socket of a live process is never taken", async () => {
  const path = join(temporaryDirectory(), "s");
  await listenOnSocket(newServer(), path, LOCKED);
  await expect(listenOnSocket(newServer(), path, LOCKED)).rejects.toMatchObject({
    kind: "StateUnavailable",
    message: expect.stringContaining("is the socket of a running process"),
    hint: expect.stringContaining("--state-dir"),
  });
  const [greeting] = await once(connect(path), "data");
  expect(String(greeting)).toBe("hello");
});

test("a file, a directory and a symbolic link at the path are named and left alone", async () => {
  const home = temporaryDirectory();
  const file = join(home, "file");
  writeFileSync(file, "precious");
  mkdirSync(join(home, "directory"));
  await makeDeadSocket(join(home, "dead"));
  symlinkSync(join(home, "dead"), join(home, "link"));
  symlinkSync(join(home, "nowhere"), join(home, "dangling"));
  await expect(listenOnSocket(newServer(), file, LOCKED)).rejects.toThrow(/is a file, not a socket/);
  await expect(listenOnSocket(newServer(), join(home, "directory"), LOCKED)).rejects.toThrow(/is a directory/);
  await expect(listenOnSocket(newServer(), join(home, "link"), LOCKED)).rejects.toThrow(/is a symbolic link/);
  await expect(listenOnSocket(newServer(), join(home, "dangling"), LOCKED)).rejects.toThrow(/is a symbolic link/);
  expect(readFileSync(file, "utf8")).toBe("precious");
  expect(existsSync(join(home, "dead"))).toBe(true);
});

test.runIf(process.getuid?.() === 0)("another user's socket is left alone", async () => {
  const path = join(temporaryDirectory(), "s");
  await makeDeadSocket(path);
  chownSync(path, 65534, 65534);
  await expect(listenOnSocket(newServer(), path, LOCKED)).rejects.toThrow(/socket of another user/);
  expect(existsSync(path)).toBe(true);
});

test("a path longer than the system allows is refused, not cut off", async () => {
  const path = join(temporaryDirectory(), "s".repeat(120));
  await expect(listenOnSocket(newServer(), path, LOCKED)).rejects.toThrow(/too long for a socket: \d+ bytes/);
});

test("a missing directory is said plainly", async () => {
  const path = join(temporaryDirectory(), "gone", "s");
  await expect(listenOnSocket(newServer(), path, LOCKED)).rejects.toThrow(/Cannot listen on .*gone/);
});

test("of two that listen at once one wins and the other is told", async () => {
  const path = join(temporaryDirectory(), "s");
  const outcomes = await Promise.allSettled(
    [1, 2].map(() => listenOnSocket(newServer(), path, { mayUnlinkStale: false })),
  );
  expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(["fulfilled", "rejected"]);
});
