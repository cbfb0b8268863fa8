import { expect, test } from "vitest";
import { createIdleExit } from "../../src/services/idle-exit.ts";

function harness(idleExitMs: number | null) {
  const state = { nowMs: 0, isIdle: true, allowedMs: idleExitMs, ends: 0 };
  let timer: { callback: () => void; atMs: number } | undefined;
  const configured = createIdleExit({
    idleExitMs: () => state.allowedMs,
    isIdle: () => state.isIdle,
    monotonicMs: () => state.nowMs,
    setTimer: (callback, delayMs) => {
      timer = { callback, atMs: state.nowMs + delayMs };
    },
    end: () => {
      state.ends += 1;
    },
  });
  const passUntil = (ms: number): void => {
    while (timer !== undefined && timer.atMs <= ms) {
      const { callback, atMs } = timer;
      timer = undefined;
      state.nowMs = atMs;
      callback();
    }
    state.nowMs = ms;
  };
  return { state, configured, passUntil };
}

test("a daemon that nobody needs ends after the configured time", () => {
  const { state, configured, passUntil } = harness(5_000);
  configured();
  passUntil(4_900);
  expect(state.ends).toBe(0);
  passUntil(5_000);
  expect(state.ends).toBe(1);
});

test("work puts the end off", () => {
  const { state, configured, passUntil } = harness(5_000);
  configured();
  state.isIdle = false;
  passUntil(60_000);
  state.isIdle = true;
  passUntil(64_000);
  expect(state.ends).toBe(0);
  passUntil(66_000);
  expect(state.ends).toBe(1);
});

test("without the setting it stays, and the setting can come later", () => {
  const { state, configured, passUntil } = harness(null);
  configured();
  passUntil(1_000_000);
  expect(state.ends).toBe(0);
  state.allowedMs = 2_000;
  configured();
  passUntil(1_010_000);
  expect(state.ends).toBe(1);
});
