import { expect, test } from "vitest";
import type { Channel, Notification } from "../../src/notifications/notification.ts";
import { createNotifier } from "../../src/notifications/notifier.ts";
import { createTime, newsOf } from "./settings.ts";

/** A channel that takes as long as the test wants. */
function createSlowChannel(name = "slow") {
  const told: Notification[] = [];
  const ends: (() => void)[] = [];
  const channel: Channel = {
    name,
    deliver: (notification) =>
      new Promise((resolve) => {
        told.push(notification);
        ends.push(resolve);
      }),
  };
  return { channel, told, endNext: () => ends.shift()?.(), titles: () => told.map(({ title }) => title) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("what happens in a short time is told at once, the newest of each task", async () => {
  const time = createTime();
  const { channel, titles } = createSlowChannel();
  const notifier = createNotifier({ channels: [channel], after: time.after, onFailure: () => undefined });
  for (const id of [1, 2, 3]) notifier.notify(newsOf({ id })[0]);
  notifier.notify(newsOf({ id: 2, kind: "completed" })[0]);
  notifier.notify(newsOf({ id: 2, repository: "/other" })[0]);
  time.pass(1_999);
  expect(titles()).toEqual([]);
  time.pass(1);
  expect(titles()).toEqual(["1 task completed, 3 idle"]);
});

test("while one is being told the next gathers: never two at once, and none is lost", async () => {
  const time = createTime();
  const slow = createSlowChannel();
  const notifier = createNotifier({ channels: [slow.channel], after: time.after, onFailure: () => undefined });
  notifier.notify(newsOf({ id: 1 })[0]);
  time.pass(2_000);
  for (let id = 2; id < 1_000; id += 1) notifier.notify(newsOf({ id })[0]);
  time.pass(60_000);
  expect(slow.titles()).toEqual(["fix-login is idle"]);
  slow.endNext();
  await settled();
  time.pass(2_000);
  expect(slow.titles()).toEqual(["fix-login is idle", "998 tasks idle"]);
  slow.endNext();
  await settled();
  expect(time.waiting()).toBe(0);
});

test("a channel that fails is reported, and neither the others nor the next are stopped by it", async () => {
  const time = createTime();
  const failures: [string, unknown][] = [];
  const good = createSlowChannel("good");
  const bad: Channel = { name: "bad", deliver: () => Promise.reject(new Error("no bus")) };
  const notifier = createNotifier({
    channels: [bad, good.channel],
    after: time.after,
    onFailure: (name, error) => failures.push([name, error]),
  });
  for (let turn = 0; turn < 2; turn += 1) {
    notifier.notify(newsOf({})[0]);
    time.pass(2_000);
    good.endNext();
    await settled();
  }
  expect(failures).toEqual([
    ["bad", new Error("no bus")],
    ["bad", new Error("no bus")],
  ]);
  expect(good.told).toHaveLength(2);
});

test("after closing nothing is told", async () => {
  const time = createTime();
  const { channel, told } = createSlowChannel();
  const notifier = createNotifier({ channels: [channel], after: time.after, onFailure: () => undefined });
  notifier.notify(newsOf({})[0]);
  await notifier.close();
  notifier.notify(newsOf({})[0]);
  time.pass(60_000);
  expect(told).toEqual([]);
  expect(time.waiting()).toBe(0);
});
