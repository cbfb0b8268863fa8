import { describe, expect, it } from "vitest";
import type { ActivitySignal } from "../../src/domain/activity.ts";
import { parseProgramMessage } from "../../src/domain/program-status.ts";
import { createActivityService } from "../../src/services/activity.ts";

const PROCESS = { pid: 4_711, startTime: "1", bootId: "b" };
const EPOCH_MS = Date.parse("2026-11-01T09:00:00.000Z");
const changed: ActivitySignal = { type: "screen-changed" };

function program(payload: string): ActivitySignal {
  const message = parseProgramMessage(payload);
  if (message === undefined) throw new Error(`not a report: ${payload}`);
  return { type: "program", message };
}

function harness() {
  let nowMs = 0;
  let timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  const processor = { isBusy: false, usedMs: 0, samples: 0 };
  const service = createActivityService({
    terms: () => ({ timeoutMs: 10_000, dwellMs: 2_000 }),
    now: () => new Date(EPOCH_MS + nowMs),
    monotonicMs: () => nowMs,
    after(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async readProcessorTime() {
      processor.samples += 1;
      return processor.isBusy ? nowMs : processor.usedMs;
    },
  });
  const told: string[] = [];
  const idleness: string[] = [];
  service.onChanged((session, { state, source }) => told.push(`${nowMs} ${session} ${state} ${source}`));
  service.onIdleChanged(({ session, isIdle, activity: { reason } }) => {
    idleness.push(`${nowMs} ${session} ${isIdle ? "idle" : "active"}: ${reason}`);
  });

  async function passTo(ms: number): Promise<void> {
    for (;;) {
      const [next] = timers.toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > ms) break;
      timers = timers.filter((timer) => timer !== next);
      nowMs = next.atMs;
      next.callback();
      // A sample is answered in a later turn.
      await new Promise(setImmediate);
    }
    nowMs = ms;
  }
  return { service, processor, told, idleness, passTo, timers: () => timers.length };
}

describe("a session that is watched for idleness", () => {
  it("is idle after the timeout and active again after the dwell of work, with the reasons", async () => {
    const { service, idleness, passTo } = harness();
    service.watchIdleness("a", false);
    service.begin("a", PROCESS);
    await passTo(60_000);
    for (let at = 60_000; at <= 62_000; at += 500) {
      await passTo(at);
      service.take("a", changed);
    }
    expect(idleness).toEqual(["10000 a idle: no visible change for 10 s", "62000 a active: the screen is changing"]);
    expect(service.isIdle("a")).toBe(false);
  });

  it("is idle at once when it is blocked, and active by a key", async () => {
    const { service, idleness, passTo } = harness();
    service.begin("a", PROCESS);
    service.watchIdleness("a", false);
    await passTo(500);
    service.take("a", program("state=blocked:kind=question"));
    await passTo(4_000);
    service.take("a", { type: "typed" });
    await passTo(20_000);
    expect(idleness).toEqual([
      "500 a idle: the program says it waits for an answer",
      "4000 a active: the program says it waits for an answer",
      "14000 a idle: the program says it waits for an answer",
    ]);
  });

  it("is not idle while its processes compute in silence, and is when they rest", async () => {
    const { service, processor, told, idleness, passTo } = harness();
    service.begin("a", PROCESS);
    service.watchIdleness("a", false);
    processor.isBusy = true;
    await passTo(60_000);
    processor.isBusy = false;
    processor.usedMs = 60_000;
    await passTo(90_000);
    expect(told).toEqual([
      expect.stringContaining("a working processor"),
      expect.stringContaining("a quiet processor"),
    ]);
    expect(idleness).toEqual([
      expect.stringMatching(/^(6[5-9]|7\d)\d{3} a idle: its processes have rested for 1\d s$/),
    ]);
  });

  it("that was idle before is not told to be so again", async () => {
    const { service, idleness, passTo } = harness();
    service.watchIdleness("a", true);
    service.begin("a", PROCESS);
    service.take("a", { type: "last-output", ageMs: 1_000 });
    await passTo(60_000);
    expect(idleness).toEqual([]);
  });

  it("is idle as soon as somebody says so", () => {
    const { service, idleness } = harness();
    service.begin("a", PROCESS);
    service.watchIdleness("a", false);
    service.setExplicit("a", { finding: { state: "quiet" }, reason: "said to be idle" });
    expect(idleness).toEqual(["0 a idle: said to be idle"]);
    service.setExplicit("a", null);
    expect(service.activityOf("a")?.source).toBe("screen");
  });
});

describe("a session that nobody watches", () => {
  it("has an activity and costs no sample, and after it was quiet no timer", async () => {
    const { service, processor, told, passTo, timers } = harness();
    service.begin("a", PROCESS);
    expect(timers()).toBe(1);
    await passTo(60_000);
    expect(told).toEqual(["3000 a quiet screen"]);
    expect(processor.samples).toBe(0);
    expect(timers()).toBe(0);
    expect(service.isIdle("a")).toBeUndefined();
    expect(service.describe("a")).toEqual({
      state: "quiet",
      kind: null,
      source: "screen",
      reason: "no visible change for 60 s",
      since: "2026-11-01T09:00:00.000Z",
    });
  });

  it("is measured when somebody wants to know", async () => {
    const { service, processor, passTo } = harness();
    service.begin("a", PROCESS);
    await passTo(60_000);
    processor.isBusy = true;
    const measured = service.measure(["a", "unknown"]);
    await new Promise(setImmediate);
    await passTo(60_200);
    await measured;
    expect(service.describe("a")).toMatchObject({ state: "working", source: "processor" });
  });

  it("that has ended has none", () => {
    const { service } = harness();
    service.begin("a", PROCESS);
    service.end("a");
    service.take("a", changed);
    expect(service.activityOf("a")).toBeUndefined();
    expect(service.describe("a")).toBeNull();
  });
});

it("one timer serves all sessions, and none is left when it is closed", async () => {
  const { service, passTo, timers } = harness();
  for (let n = 0; n < 50; n += 1) {
    service.begin(`${n}`, PROCESS);
    service.watchIdleness(`${n}`, false);
    await passTo(n * 10);
  }
  expect(timers()).toBe(1);
  service.close();
  expect(timers()).toBe(0);
});
