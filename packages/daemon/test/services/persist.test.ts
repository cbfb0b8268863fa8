import { OrchastrationError } from "@orchastration/protocol";
import { expect, test } from "vitest";
import type { Log } from "../../src/logging/log.ts";
import { createPersist } from "../../src/services/persist.ts";

const silent: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  trace() {},
  setLevel() {},
  close: () => Promise.resolve(),
};

function harness() {
  const delays: number[] = [];
  const troubles: (string | null)[] = [];
  const persist = createPersist({
    log: silent,
    setTimer: (callback, delayMs) => {
      delays.push(delayMs);
      setImmediate(callback);
    },
    onTrouble: (message) => troubles.push(message),
  });
  return { delays, troubles, persist };
}

test("what fails for a passing reason is tried again, at growing intervals, until it is done", async () => {
  const { delays, troubles, persist } = harness();
  let attempts = 0;
  const result = await persist(async () => {
    attempts += 1;
    if (attempts <= 8) throw new OrchastrationError("StateUnavailable", "no room");
    return "done";
  });
  expect(result).toBe("done");
  expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  expect(troubles).toEqual([...Array<string>(8).fill("no room"), null]);
});

test("an error of the operating system, here or in a supervisor, is a passing reason", async () => {
  const { troubles, persist } = harness();
  let attempts = 0;
  const errors = [
    Object.assign(new Error("EIO: i/o error, scandir"), { code: "EIO", syscall: "scandir" }),
    new OrchastrationError("SystemFailed", "EMFILE: too many open files, open"),
  ];
  await persist(() => {
    const error = errors[attempts++];
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  });
  expect(troubles).toEqual([...errors.map(({ message }) => message), null]);
});

test("any other error is the caller's at once", async () => {
  const { delays, persist } = harness();
  await expect(persist(() => Promise.reject(new OrchastrationError("RunNotFound", "none")))).rejects.toThrow("none");
  await expect(persist(() => Promise.reject(new TypeError("a defect")))).rejects.toThrow("a defect");
  expect(delays).toEqual([]);
});
