import { expect, test } from "vitest";
import { awaitEndOfOutput } from "../../src/termination/end-of-output.ts";
import type { ProcessTree, TreeMember } from "../../src/termination/tree.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const member: TreeMember = {
  identity: { pid: 1234567, startTime: "1", bootId: "b" },
  isStopped: false,
  isSessionLeader: false,
  startOrder: 1,
};
const ROOT = { session: "s", leader: { pid: 1234566, startTime: "1", bootId: "b" } };

/** One process, as it is at each look: writing, silent (alive, with none of the files open), or gone. */
function observe(looks: readonly ("writing" | "silent" | "gone")[]) {
  let count = 0;
  const look = () => looks[Math.min(count, looks.length) - 1];
  const tree: ProcessTree = {
    async scan() {
      count++;
      return { members: look() === "gone" ? [] : [member], unsettled: new Set() };
    },
    signal: () => "sent",
    isAlive: () => true,
    mayHaveGroup: () => true,
    holdsOpen: () => look() === "writing",
  };
  const clock = createFakeClock();
  const log = createRecordingLog();
  return { clock, log, tree, end: awaitEndOfOutput({ tree, clock, log }, ROOT, () => look() === "writing") };
}

async function runOut({ clock, end }: ReturnType<typeof observe>): Promise<number> {
  let isOver = false;
  void end.survivors.then(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise(setImmediate);
    clock.advance(5);
  }
  return await end.survivors;
}

test("nobody left means no survivor", async () => {
  expect(await runOut(observe(["gone"]))).toBe(0);
});

test("a process in the middle of its end is no survivor", async () => {
  expect(await runOut(observe(["writing", "silent", "gone"]))).toBe(0);
});

test("a process that stays without the files is one, and not waited for", async () => {
  const observed = observe(["silent"]);
  expect(await runOut(observed)).toBe(1);
  expect(observed.clock.monotonicMs()).toBeLessThan(100);
});

test("a process that goes on writing is waited for, for a second", async () => {
  const observed = observe(["writing"]);
  expect(await runOut(observed)).toBe(1);
  expect(observed.clock.monotonicMs()).toBeGreaterThanOrEqual(1000);
  expect(observed.clock.monotonicMs()).toBeLessThan(1200);
});

test("the wait ends when the session is to be ended", async () => {
  const observed = observe(["writing"]);
  await new Promise(setImmediate);
  observed.end.cancel();
  expect(await observed.end.survivors).toBe(1);
  expect(observed.clock.monotonicMs()).toBe(0);
});

test("a table that cannot be read is no empty one", async () => {
  const { tree, clock, log } = observe(["gone"]);
  const unreadable = { ...tree, scan: () => Promise.reject(new Error("EACCES: /proc")) };
  expect(await awaitEndOfOutput({ tree: unreadable, clock, log }, ROOT, () => true).survivors).toBe(1);
  expect(log.events).toEqual(["tree.unreadable"]);
});
