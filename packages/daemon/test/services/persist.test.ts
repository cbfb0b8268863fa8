import { OrchastrationError } from "@orchastration/protocol";
import { expect, test } from "vitest";
import { until } from "../../../../test/support/until.ts";
import type { Log } from "../../src/logging/log.ts";
import { createPersist, createUntilDone } from "../../src/services/persist.ts";

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
  const troubles: (readonly string[])[] = [];
  const persist = createPersist({
    log: silent,
    setTimer: (callback, delayMs) => {
      delays.push(delayMs);
      setImmediate(callback);
    },
    onTrouble: (reasons) => troubles.push(reasons),
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
  expect(troubles).toEqual([...Array.from({ length: 8 }, () => ["no room"]), []]);
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
  expect(troubles).toEqual([...errors.map(({ message }) => [message]), []]);
});

test("any other error is the caller's at once", async () => {
  const { delays, persist } = harness();
  await expect(persist(() => Promise.reject(new OrchastrationError("RunNotFound", "none")))).rejects.toThrow("none");
  await expect(persist(() => Promise.reject(new TypeError("a defect")))).rejects.toThrow("a defect");
  expect(delays).toEqual([]);
});

test("while one thing waits, another that succeeds hides nothing of it", async () => {
  const { troubles, persist } = harness();
  const isMended = { first: false, second: false };
  const attempt = (which: keyof typeof isMended) =>
    persist(async () => {
      if (!isMended[which]) throw new OrchastrationError("StateUnavailable", `no room for the ${which}`);
    });
  const all = [attempt("first"), attempt("second")];
  await until(() => troubles.at(-1)?.length === 2);
  isMended.second = true;
  await all[1];
  expect(troubles.at(-1)).toEqual(["no room for the first"]);
  isMended.first = true;
  await all[0];
  expect(troubles.at(-1)).toEqual([]);
});

test("what is asked for again while it is being done is done once more, and not twice at a time", async () => {
  const { persist } = harness();
  const state = { wanted: 0, done: 0, atOnce: 0, most: 0 };
  const begin = createUntilDone(
    persist,
    async () => {
      const { wanted } = state;
      state.most = Math.max(state.most, ++state.atOnce);
      await new Promise(setImmediate);
      state.atOnce -= 1;
      state.done = wanted;
    },
    () => state.done === state.wanted,
  );
  for (let each = 0; each < 3; each += 1) {
    state.wanted += 1;
    begin();
    await new Promise(setImmediate);
  }
  await until(() => state.done === 3);
  expect(state.most).toBe(1);
});
