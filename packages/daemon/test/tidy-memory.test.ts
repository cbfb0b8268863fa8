import type { StoredEvent } from "@orchastration/protocol/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tidyMemory } from "../src/tidy-memory.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A registry that only tells of commits. */
function createCommits() {
  let listener: (events: readonly StoredEvent[]) => void = () => {};
  return {
    onCommitted(told: typeof listener) {
      listener = told;
      return () => void (listener = () => {});
    },
    commit: (count: number) => listener(Array.from({ length: count }, () => ({}) as StoredEvent)),
  };
}

test("memory is tidied once, when much has happened and then nothing for five seconds", () => {
  const collect = vi.fn<() => void>();
  const commits = createCommits();
  const tidy = tidyMemory(commits, collect);
  for (let second = 0; second < 10; second += 1) {
    commits.commit(100);
    vi.advanceTimersByTime(1_000);
  }
  expect(collect).not.toHaveBeenCalled();
  vi.advanceTimersByTime(4_000);
  expect(collect).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledOnce();
  tidy[Symbol.dispose]();
});

test("little work leaves memory alone, and so does a daemon that ends", () => {
  const collect = vi.fn<() => void>();
  const commits = createCommits();
  const tidy = tidyMemory(commits, collect);
  commits.commit(10);
  vi.advanceTimersByTime(60_000);
  commits.commit(1_000);
  tidy[Symbol.dispose]();
  vi.advanceTimersByTime(60_000);
  expect(collect).not.toHaveBeenCalled();
});

test("the collector of this very Node can be had", () => {
  const commits = createCommits();
  const tidy = tidyMemory(commits);
  commits.commit(1_000);
  expect(() => vi.advanceTimersByTime(5_000)).not.toThrow("gc");
  tidy[Symbol.dispose]();
});
