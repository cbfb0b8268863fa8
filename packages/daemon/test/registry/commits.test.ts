import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { ADA, complete, declare, LAUNCH, open, queue, step } from "./sample-runs.ts";

const reload = { name: "config.reloaded", entity: "config", actor: ADA, payload: { file: "/config.toml" } } as const;
const append = (registry: Registry): Promise<number> => registry.commit((tx) => tx.events.append(reload).seq);

describe("commits of a registry", () => {
  test("share one transaction when they arrive together", async () => {
    const points: string[] = [];
    const registry = open(temporaryDirectory(), { faults: (point) => void points.push(point) });
    const all = await Promise.all(Array.from({ length: 20 }, () => append(registry)));
    expect(all).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(points).toEqual(["before-commit", "after-commit"]);
    registry.close();
  });

  test("are all done however many arrive together", async () => {
    const registry = open(temporaryDirectory());
    const all = await Promise.all(Array.from({ length: 2_000 }, () => append(registry)));
    expect(all).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
    expect(await registry.verify()).toMatchObject({ ok: true, events: 2_000 });
    registry.close();
  });

  test("are undone alone when they throw", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const declared = declare(stateDir);
    const outcomes = await Promise.allSettled([
      append(registry),
      registry.commit((tx) => {
        tx.events.append(reload);
        tx.runs.insert(declared);
        tx.environments.intern({ A: "1" });
        throw new Error("changed my mind");
      }),
      append(registry),
    ]);
    expect(outcomes).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: new Error("changed my mind") },
      { status: "fulfilled", value: 2 },
    ]);
    expect(registry.runs.find(declared.id)).toBeUndefined();
    const digest = await registry.commit((tx) => tx.environments.intern({ A: "1" }));
    expect(Object.keys(registry.environments.find(digest) ?? {})).toEqual(["A"]);
    expect(await registry.verify()).toMatchObject({ ok: true, events: 2 });
    registry.close();
  });

  test("see what they wrote themselves", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const declared = declare(stateDir);
    const seen = await registry.commit((tx) => {
      tx.runs.insert(declared);
      return { run: tx.runs.get(declared.id).state.status, isTaken: tx.runs.isRecordPathTaken(declared.recordPath) };
    });
    expect(seen).toEqual({ run: "queued", isTaken: true });
    registry.close();
  });

  test("must not be async", async () => {
    const registry = open(temporaryDirectory());
    await expect(registry.commit(async (tx) => tx.events.append(reload))).rejects.toThrow("must not be async");
    expect(registry.events.headSeq()).toBe(0);
    registry.close();
  });

  test("are heard of in the order of the log, after whoever made them", async () => {
    const registry = open(temporaryDirectory());
    const heard: (number | string)[] = [];
    const leave = registry.onCommitted((events) => heard.push(...events.map(({ seq }) => seq)));
    const first = append(registry).then(async (seq) => {
      await Promise.resolve();
      heard.push(`answered ${seq}`);
    });
    await Promise.all([first, append(registry)]);
    expect(heard).toEqual(["answered 1"]);
    await nextTurn();
    expect(heard).toEqual(["answered 1", 1, 2]);
    leave();
    await append(registry);
    await nextTurn();
    expect(heard).toHaveLength(3);
    registry.close();
  });

  test("are heard of as they are read from the log", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const heard: unknown[] = [];
    registry.onCommitted((events) => void heard.push(...events));
    await complete(registry, declare(stateDir));
    registry.close();
    const again = open(stateDir);
    expect(heard).toEqual(again.events.readAfter(0, 10));
    again.close();
  });

  test("that throw are not heard of", async () => {
    const registry = open(temporaryDirectory());
    const heard: string[] = [];
    registry.onCommitted((events) => heard.push(...events.map(({ name }) => name)));
    const failing = registry.commit((tx) => {
      tx.events.append(reload);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await nextTurn();
    expect(heard).toEqual([]);
    registry.close();
  });

  test("under way are made durable and heard of by closing; later ones are refused", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const heard: number[] = [];
    registry.onCommitted((events) => heard.push(...events.map(({ seq }) => seq)));
    const underWay = append(registry);
    registry.close();
    expect(heard).toEqual([1]);
    expect(await underWay).toBe(1);
    await expect(append(registry)).rejects.toMatchObject({ kind: "DaemonStopping" });
    const again = open(stateDir);
    expect(again.events.headSeq()).toBe(1);
    again.close();
  });

  test("that find the step refused leave the run as it was", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    const declared = declare(stateDir);
    await queue(registry, declared);
    await expect(step(registry, declared.id, LAUNCH)).rejects.toMatchObject({ kind: "IllegalTransition" });
    expect(registry.runs.get(declared.id).state).toEqual({ status: "queued" });
    registry.close();
  });
});

test("an error before a commit is durable undoes it for all who share it, and the next one works", async () => {
  let isBroken = true;
  const faults = (step: string): void => {
    if (step === "before-commit" && isBroken) throw new Error("no");
  };
  const registry = open(temporaryDirectory(), { faults });
  const commits = [1, 2].map(() => append(registry));
  expect((await Promise.allSettled(commits)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  isBroken = false;
  await append(registry);
  expect(await registry.verify()).toMatchObject({ ok: true, events: 1 });
  registry.close();
});
