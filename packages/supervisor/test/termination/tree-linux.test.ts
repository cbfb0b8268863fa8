import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { newId } from "@orchastration/protocol";
import { identifyProcess } from "@orchastration/protocol/node";
import { afterEach, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { until } from "../../../../test/support/until.ts";
import { linuxTree } from "../../src/termination/tree-linux.ts";

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    const exited = child.exitCode !== null || child.signalCode !== null ? undefined : once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
});

function sleeper(env: Record<string, string>, stdout: "ignore" | number = "ignore") {
  const child = spawn("/bin/sleep", ["1000"], { env, stdio: ["ignore", stdout, "ignore"], detached: true });
  children.push(child);
  const identity = identifyProcess(child.pid ?? 0);
  if (identity === undefined) throw new Error("not started");
  return { child, identity };
}

describe.runIf(process.platform === "linux")("the process table", () => {
  test("tells a session's processes by the whole marker and nothing less", async () => {
    const session = newId();
    const ours = sleeper({ A: "1", ORCHASTRATION_RUN_ID: session, Z: "1" });
    sleeper({ ORCHASTRATION_RUN_ID: `${session}x` });
    sleeper({ XORCHASTRATION_RUN_ID: session });
    sleeper({ NOTE: `ORCHASTRATION_RUN_ID=${session}` });
    sleeper({ ORCHASTRATION_RUN_ID: session, ORCHASTRATION_ROLE: "daemon" });
    await until(async () => (await linuxTree.scan({ session, leader: null })).members.length === 1);
    const { members } = await linuxTree.scan({ session, leader: null });
    expect(members.map(({ identity }) => identity)).toEqual([ours.identity]);
    expect(members[0]?.isSessionLeader).toBe(true);
  });

  test("finds the marker as the first variable, too", async () => {
    const session = newId();
    sleeper({ ORCHASTRATION_RUN_ID: session });
    await until(async () => (await linuxTree.scan({ session, leader: null })).members.length === 1);
  });

  test("reports each member once, as soon as it is known", async () => {
    const session = newId();
    const ours = sleeper({ ORCHASTRATION_RUN_ID: session });
    await until(async () => (await linuxTree.scan({ session, leader: null })).members.length === 1);
    const found: number[] = [];
    await linuxTree.scan({ session, leader: ours.identity }, ({ identity }) => found.push(identity.pid));
    expect(found).toEqual([ours.identity.pid]);
  });

  test("is read once for all who ask together, and each gets their own", async () => {
    const sessions = [newId(), newId()];
    const ours = sessions.map((session) => sleeper({ ORCHASTRATION_RUN_ID: session }).identity);
    const scanAll = () => Promise.all(sessions.map((session) => linuxTree.scan({ session, leader: null })));
    await until(async () => (await scanAll()).every(({ members }) => members.length === 1));
    expect((await scanAll()).map(({ members }) => members[0]?.identity)).toEqual(ours);
  });

  test("shows who was suspended", async () => {
    const session = newId();
    const { child } = sleeper({ ORCHASTRATION_RUN_ID: session });
    child.kill("SIGSTOP");
    await until(async () => (await linuxTree.scan({ session, leader: null })).members[0]?.isStopped === true);
  });

  test("signals nobody but the process that was found", async () => {
    const { child, identity } = sleeper({});
    const impostor = {
      isStopped: false,
      isSessionLeader: true,
      startOrder: 0,
      identity: { ...identity, startTime: "1" },
    };
    expect(linuxTree.signal(impostor, "SIGKILL")).toBe("gone");
    expect(linuxTree.signal({ ...impostor, identity: { ...identity, bootId: "another" } }, "SIGKILL")).toBe("gone");
    expect(linuxTree.isAlive(identity)).toBe(true);
    const exited = once(child, "exit");
    expect(linuxTree.signal({ ...impostor, identity }, "SIGKILL")).toBe("sent");
    await exited;
    expect(linuxTree.signal({ ...impostor, identity }, "SIGKILL")).toBe("gone");
  });

  test("tells who holds a file open", async () => {
    const home = temporaryDirectory();
    const [held, free] = [join(home, "held"), join(home, "free")];
    const descriptor = openSync(held, "w");
    closeSync(openSync(free, "w"));
    const session = newId();
    sleeper({ ORCHASTRATION_RUN_ID: session }, descriptor);
    closeSync(descriptor);
    await until(async () => (await linuxTree.scan({ session, leader: null })).members.length === 1);
    const { members } = await linuxTree.scan({ session, leader: null });
    expect(linuxTree.holdsOpen(members, [free, held])).toBe(true);
    expect(linuxTree.holdsOpen(members, [free])).toBe(false);
    expect(linuxTree.holdsOpen([], [held])).toBe(false);
  });

  test("knows whether a group has members", async () => {
    const { child, identity } = sleeper({});
    expect(linuxTree.mayHaveGroup(identity)).toBe(true);
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    expect(linuxTree.mayHaveGroup(identity)).toBe(false);
  });
});
