import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createMemoryTidier } from "../../src/node/memory-tidier.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

test("memory is tidied once, when much has been done and then nothing for five seconds", () => {
  const collect = vi.fn<() => void>();
  using memory = createMemoryTidier({ worth: 300, collect });
  for (let second = 0; second < 10; second += 1) {
    memory.worked(100);
    vi.advanceTimersByTime(1_000);
  }
  expect(collect).not.toHaveBeenCalled();
  vi.advanceTimersByTime(4_000);
  expect(collect).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledOnce();
});

test("little work leaves memory alone, and so does a process that ends", () => {
  const collect = vi.fn<() => void>();
  const memory = createMemoryTidier({ worth: 300, collect });
  memory.worked(10);
  vi.advanceTimersByTime(60_000);
  memory.worked(1_000);
  memory[Symbol.dispose]();
  vi.advanceTimersByTime(60_000);
  expect(collect).not.toHaveBeenCalled();
});

test("the collector of this very Node can be had", () => {
  using memory = createMemoryTidier({ worth: 300 });
  memory.worked(1_000);
  expect(() => vi.advanceTimersByTime(5_000)).not.toThrow("gc");
});
