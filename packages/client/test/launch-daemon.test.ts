import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { connect, type DaemonClient, daemonEnvironment } from "../src/index.ts";

const PROGRAM = fileURLToPath(new URL("fixtures/toy-daemon.mjs", import.meta.url));
const clientInfo = { name: "test", version: "1" };
let toStop: DaemonClient | undefined;

afterEach(async () => {
  await toStop?.call("daemon.stop", {});
  await toStop?.closed;
  toStop = undefined;
});

function launching(stateDir: string, env: Record<string, string> = {}, deadlineMs = 20_000, program = PROGRAM) {
  const launch = { program, args: ["--state-dir", stateDir], env, logFile: join(stateDir, "daemon.log") };
  return connect({ stateDir, clientInfo, launch, deadlineMs });
}

const launchedFacts = ({ server }: DaemonClient) =>
  server as unknown as { env: Record<string, string>; cwd: string; serverInfo: { pid: number } };

test("a daemon is started when none runs, away from the caller's directory and marked as one of ours", async () => {
  toStop = await launching(temporaryDirectory(), {
    KEPT: "yes",
    NODE_OPTIONS: "--no-warnings",
    NODE_EXTRA_CA_CERTS: "/nowhere.pem",
    ORCHASTRATION_RUN_ID: "7k3m9q2x5r8t",
  });
  const { env, cwd, serverInfo } = launchedFacts(toStop);
  expect(serverInfo.pid).not.toBe(process.pid);
  expect(cwd).toBe("/");
  expect(env).toMatchObject({ KEPT: "yes", ORCHASTRATION_ROLE: "daemon" });
  expect(Object.keys(env)).not.toContain("NODE_OPTIONS");
  expect(Object.keys(env)).not.toContain("NODE_EXTRA_CA_CERTS");
  expect(Object.keys(env)).not.toContain("ORCHASTRATION_RUN_ID");
});

test("a daemon allocates from one arena, unless the caller says otherwise", async () => {
  toStop = await launching(temporaryDirectory());
  expect(launchedFacts(toStop).env).toMatchObject({ MALLOC_ARENA_MAX: "1" });
  const other = await launching(temporaryDirectory(), { MALLOC_ARENA_MAX: "4" });
  expect(launchedFacts(other).env).toMatchObject({ MALLOC_ARENA_MAX: "4" });
  await other.call("daemon.stop", {});
  await other.closed;
});

test("a second client finds the daemon that the first one started", async () => {
  const stateDir = temporaryDirectory();
  toStop = await launching(stateDir);
  const second = await launching(stateDir);
  expect(launchedFacts(second).serverInfo.pid).toBe(launchedFacts(toStop).serverInfo.pid);
  second.close();
});

test("eight clients at once end up with one daemon", async () => {
  const stateDir = temporaryDirectory();
  const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => launching(stateDir)));
  toStop = first;
  expect(new Set([first!, ...others].map((client) => launchedFacts(client).serverInfo.pid)).size).toBe(1);
  expect(readFileSync(join(stateDir, "starts"), "utf8")).toBe("x");
  for (const client of others) client.close();
});

test("a daemon that cannot start says why", async () => {
  await expect(launching(temporaryDirectory(), { TOY: "error" })).rejects.toMatchObject({
    message: "The daemon cannot start: the disk is full",
    hint: "make room",
    exitCode: 69,
  });
});

test("what Node compiled for it is kept where nobody else can write, whatever the umask", async () => {
  const folder = temporaryDirectory();
  const program = join(folder, "main.mjs");
  copyFileSync(PROGRAM, program);
  const umask = process.umask(0);
  try {
    toStop = await launching(temporaryDirectory(), {}, 20_000, program);
  } finally {
    process.umask(umask);
  }
  expect(readdirSync(join(folder, "compiled"))).toHaveLength(1);
  expect(statSync(join(folder, "compiled")).mode & 0o777).toBe(0o700);
});

test("of a daemon that dies without a word the end of the log is shown", async () => {
  const stateDir = temporaryDirectory();
  await expect(launching(stateDir, { TOY: "silent" })).rejects.toMatchObject({
    message: expect.stringContaining("first line\nlast words"),
    hint: expect.stringContaining(join(stateDir, "daemon.log")),
    exitCode: 69,
  });
});

test("a lock that is held while nobody listens is waited for, but not for ever", async () => {
  const stateDir = temporaryDirectory();
  writeFileSync(join(stateDir, "lock"), "");
  await expect(launching(stateDir, {}, 300)).rejects.toMatchObject({ exitCode: 69 });
});

test("the caller's environment itself stays as it is", () => {
  const env = { NODE_OPTIONS: "x", A: "1" };
  expect(daemonEnvironment(env)).toEqual({ A: "1", ORCHASTRATION_ROLE: "daemon" });
  expect(env).toEqual({ NODE_OPTIONS: "x", A: "1" });
});
