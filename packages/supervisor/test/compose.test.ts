import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { newId } from "@orchastration/protocol";
import { readSupervisorEndpoint } from "@orchastration/protocol/node";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { until } from "../../../test/support/until.ts";
import { startSupervisor } from "../src/compose.ts";
import { createFakeClock } from "./support/fake-clock.ts";
import { connectDaemon } from "./support/supervisor-process.ts";

async function start() {
  const stateDir = temporaryDirectory();
  const id = newId();
  const clock = createFakeClock();
  const runtimeDirs = [join(stateDir, "run", "orchastration")];
  const supervisor = await startSupervisor({ id, stateDir, runtimeDirs, clock });
  const socket = (): string => {
    const reading = readSupervisorEndpoint(stateDir, id);
    if (!reading.isPresent) throw new Error(reading.reason);
    return reading.endpoint.socket;
  };
  return { supervisor, stateDir, clock, socket };
}

test("a supervisor no daemon comes to ends by itself, and leaves nothing", async () => {
  const { supervisor, stateDir, clock, socket } = await start();
  const path = socket();
  clock.advance(10_000);
  await supervisor.ended;
  expect(existsSync(path)).toBe(false);
  expect(readdirSync(join(stateDir, "supervisors"))).toEqual([]);
});

test("a supervisor with a daemon stays, and ends some seconds after the daemon has gone", async () => {
  const { supervisor, stateDir, clock, socket } = await start();
  const daemon = await connectDaemon({ socket: socket(), stateDir });
  clock.advance(3_600_000);
  await daemon.call("session.list", {});
  const waiting = clock.pending;
  daemon[Symbol.dispose]();
  await until(() => clock.pending > waiting);
  clock.advance(10_000);
  await supervisor.ended;
});

test("a socket that vanished with its directory is made anew, and the record says where", async () => {
  const { supervisor, stateDir, clock, socket } = await start();
  const daemon = await connectDaemon({ socket: socket(), stateDir });
  rmSync(dirname(socket()), { recursive: true });
  clock.advance(10_000);
  await until(() => existsSync(socket()));
  using another = await connectDaemon({ socket: socket(), stateDir });
  expect(await another.call("session.list", {})).toEqual({ sessions: [] });
  expect(await daemon.call("session.list", {})).toEqual({ sessions: [] });
  daemon[Symbol.dispose]();
  supervisor.end();
  await supervisor.ended;
});
