import { describe, expect, test } from "vitest";
import { until } from "../../../../test/support/until.ts";
import { systemClock } from "../../src/clock.ts";
import { spawnWithPipes } from "../../src/spawn-pipes.ts";
import { climbLadder } from "../../src/termination/ladder.ts";
import type { ProcessTree, TreeMember } from "../../src/termination/tree.ts";
import { linuxTree } from "../../src/termination/tree-linux.ts";
import { command, pidsOf, spawnParams, stdoutOf } from "../support/commands.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const LONG_MS = 60_000;
const SHORT_MS = 100;

async function start(argv: readonly [string, ...string[]], processes: number) {
  const params = spawnParams(argv);
  const leader = await spawnWithPipes(params);
  await until(async () => (await pidsOf(params.session)).length >= processes);
  const root = { session: params.session, leader: leader.identity };
  const log = createRecordingLog();
  const climb = (graceMs: number) => {
    const ladder = climbLadder({ tree: linuxTree, clock: systemClock, log }, root, graceMs, leader.signalGroup);
    void leader.exited.then(() => ladder.wake());
    return ladder;
  };
  return { params, leader, climb, log };
}

/** Says ready on its output, as the programs of test/fixtures/commands do, so that its traps are set. */
async function startReady(name: string, processes: number) {
  const started = await start([command(name)], processes);
  await until(() => stdoutOf(started.params) === "ready\n");
  return started;
}

describe("after the ladder nothing is left of", () => {
  test("a program that ends when asked", async () => {
    const { leader, climb } = await start(["/bin/sleep", "1000"], 1);
    expect(await climb(LONG_MS).ended).toBe(0);
    expect(await leader.exited).toEqual({ signal: "SIGTERM" });
  });

  test("a program that ignores SIGTERM", async () => {
    const { leader, climb } = await startReady("ignore-sigterm.sh", 1);
    expect(await climb(SHORT_MS).ended).toBe(0);
    expect(await leader.exited).toEqual({ signal: "SIGKILL" });
  });

  test("a program with children in other sessions", async () => {
    const { params, climb } = await startReady("fork-and-setsid.sh", 2);
    expect(await climb(LONG_MS).ended).toBe(0);
    expect(await pidsOf(params.session)).toEqual([]);
  });

  test("a program whose grandchildren belong to init and ignore SIGTERM", async () => {
    const { params, climb } = await startReady("double-fork.sh", 3);
    expect(await climb(SHORT_MS).ended).toBe(0);
    expect(await pidsOf(params.session)).toEqual([]);
  });

  test("a program with a child that has no environment", async () => {
    const { params, leader, climb } = await startReady("clear-environment.sh", 1);
    const root = { session: params.session, leader: leader.identity };
    await until(async () => (await linuxTree.scan(root)).members.length === 2);
    const { members } = await linuxTree.scan(root);
    expect(await climb(LONG_MS).ended).toBe(0);
    expect(members.some(({ identity }) => linuxTree.isAlive(identity))).toBe(false);
  });

  test("a suspended program, which ends by SIGTERM once it is continued", async () => {
    const { params, leader, climb } = await startReady("stop-itself.sh", 1);
    const root = { session: params.session, leader: leader.identity };
    await until(async () => (await linuxTree.scan(root)).members[0]?.isStopped === true);
    expect(await climb(LONG_MS).ended).toBe(0);
    expect(await leader.exited).toEqual({ signal: "SIGTERM" });
  });

  test("a program that for ever replaces itself by a new process in a new session", async () => {
    const { params, climb } = await startReady("respawn.sh", 1);
    expect(await climb(SHORT_MS).ended).toBe(0);
    expect(await pidsOf(params.session)).toEqual([]);
  });

  test("programs that start new ones faster than they end", async () => {
    const { params, climb } = await startReady("respawn-in-pairs.sh", 5);
    expect(await climb(SHORT_MS).ended).toBe(0);
    expect(await pidsOf(params.session)).toEqual([]);
  });
});

test("a shell is ended before its present command, so that it does not go on to the next", async () => {
  for (let round = 0; round < 20; round++) {
    const { params, leader, climb } = await start(["/bin/sh", "-c", "sleep 1000; echo next"], 2);
    expect(await climb(LONG_MS).ended).toBe(0);
    expect(await leader.exited).toEqual({ signal: "SIGTERM" });
    expect(stdoutOf(params)).toBe("");
  }
});

test("hurry skips the rest of the grace time", async () => {
  const { leader, climb } = await startReady("ignore-sigterm.sh", 1);
  const ladder = climb(LONG_MS);
  ladder.hurry();
  expect(await ladder.ended).toBe(0);
  expect(await leader.exited).toEqual({ signal: "SIGKILL" });
});

test("no grace time means SIGKILL at once", async () => {
  const { leader, climb } = await start(["/bin/sleep", "1000"], 1);
  expect(await climb(0).ended).toBe(0);
  expect(await leader.exited).toEqual({ signal: "SIGKILL" });
});

const member: TreeMember = {
  identity: { pid: 1234567, startTime: "1", bootId: "b" },
  isStopped: false,
  isSessionLeader: true,
  startOrder: 1,
};

/** A tree of one process that no signal ends. */
function immortal(answer: "sent" | "refused"): ProcessTree {
  return {
    async scan(_root, onFound = () => {}) {
      onFound(member);
      return { members: [member], unsettled: new Set() };
    },
    signal: () => answer,
    isAlive: () => true,
    mayHaveGroup: () => true,
    holdsOpen: () => true,
  };
}

const ROOT = { session: "s", leader: member.identity };

/** Lets a ladder on a fake clock run to its end. */
async function runOut<T>(clock: ReturnType<typeof createFakeClock>, ended: Promise<T>): Promise<T> {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise(setImmediate);
    clock.advance(50);
  }
  return await ended;
}

test("a process that outlives SIGKILL is waited for, and then counted", async () => {
  const clock = createFakeClock();
  const log = createRecordingLog();
  const { ended } = climbLadder({ tree: immortal("sent"), clock, log }, ROOT, 1000);
  expect(await runOut(clock, ended)).toBe(1);
  expect(clock.monotonicMs()).toBeGreaterThan(10_000);
  expect(log.events).toEqual(["tree.survived"]);
});

test("a process that is not ours to signal gets its grace time and is not waited for longer", async () => {
  const clock = createFakeClock();
  const { ended } = climbLadder({ tree: immortal("refused"), clock, log: createRecordingLog() }, ROOT, 1000);
  expect(await runOut(clock, ended)).toBe(1);
  expect(clock.monotonicMs()).toBeLessThan(2000);
});

test("a table that cannot be read is no empty one: the group is signalled, and somebody counted", async () => {
  const clock = createFakeClock();
  const log = createRecordingLog();
  const signals: string[] = [];
  const tree: ProcessTree = {
    ...immortal("sent"),
    scan: () => Promise.reject(new Error("EACCES: /proc")),
  };
  const { ended } = climbLadder({ tree, clock, log }, ROOT, 1000, (signal) => signals.push(signal));
  expect(await runOut(clock, ended)).toBe(1);
  expect(signals).toContain("SIGTERM");
  expect(signals.at(-1)).toBe("SIGKILL");
  expect(log.events).toContain("tree.unreadable");
});

test("an empty table that may have been read past somebody is read again", async () => {
  let scans = 0;
  const killed: TreeMember[] = [];
  const tree: ProcessTree = {
    ...immortal("sent"),
    async scan(_root, onFound = () => {}) {
      scans++;
      if (scans === 3) onFound(member);
      return { members: scans === 3 ? [member] : [], unsettled: new Set([String(Math.min(scans, 4))]) };
    },
    signal(found) {
      killed.push(found);
      return "sent";
    },
  };
  const clock = createFakeClock();
  const { ended } = climbLadder({ tree, clock, log: createRecordingLog() }, ROOT, 0);
  expect(await runOut(clock, ended)).toBe(0);
  expect(killed).toEqual([member]);
});

test("many scans with members do not use up the patience with empty ones", async () => {
  let scans = 0;
  const killed = new Set<number>();
  // A new process in each of the first nineteen scans, none in the twentieth, and one more later: it had been between two programs.
  const tree: ProcessTree = {
    ...immortal("sent"),
    async scan(_root, onFound = () => {}) {
      scans++;
      const isVisible = scans < 20 || scans === 25;
      const members = isVisible ? [{ ...member, identity: { ...member.identity, pid: scans } }] : [];
      members.forEach((found) => onFound(found));
      return { members, unsettled: new Set(scans > 26 ? [] : [String(scans)]) };
    },
    signal(found) {
      killed.add(found.identity.pid);
      return "sent";
    },
  };
  const clock = createFakeClock();
  const { ended } = climbLadder({ tree, clock, log: createRecordingLog() }, ROOT, 0);
  expect(await runOut(clock, ended)).toBe(0);
  expect(killed).toContain(25);
});
