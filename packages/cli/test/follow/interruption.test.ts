import { expect, test } from "vitest";
import { listenForInterruption } from "../../src/follow/interruption.ts";
import type { EndingSignal } from "../../src/signals.ts";

const STILL_HERE = Symbol("still here");

function interruptible() {
  let nowMs = 0;
  let send: (signal: EndingSignal) => void = () => {};
  const signals = {
    onEnding(listener: (signal: EndingSignal) => void) {
      send = listener;
      return () => {};
    },
  };
  const interruption = listenForInterruption(signals, () => nowMs);
  let stops = 0;
  interruption.onStop(() => {
    stops += 1;
  });
  return {
    interruption,
    sendAt(ms: number, signal: EndingSignal) {
      nowMs = ms;
      send(signal);
    },
    stops: () => stops,
    exitCode: () => Promise.race([interruption.detached, Promise.resolve(STILL_HERE)]),
  };
}

test("the first signal stops, the second detaches", async () => {
  const { sendAt, stops, exitCode } = interruptible();
  sendAt(1_000, "SIGINT");
  expect(await exitCode()).toBe(STILL_HERE);
  sendAt(1_200, "SIGINT");
  expect(await exitCode()).toBe(130);
  expect(stops()).toBe(1);
});

test("one signal sent to the process and to its group, as timeout does, is one wish", async () => {
  const { sendAt, stops, exitCode } = interruptible();
  sendAt(1_000, "SIGTERM");
  sendAt(1_002, "SIGTERM");
  expect(await exitCode()).toBe(STILL_HERE);
  expect(stops()).toBe(1);
});

test("a terminal that goes away detaches at once and stops nothing", async () => {
  const { sendAt, stops, exitCode } = interruptible();
  sendAt(1_000, "SIGHUP");
  expect(await exitCode()).toBe(129);
  expect(stops()).toBe(0);
});
