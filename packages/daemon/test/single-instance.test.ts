import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { AlreadyRunningError, acquireInstanceLock } from "../src/single-instance.ts";
import { type LineProcess, startProgram } from "./line-process.ts";

const contend = (stateDir: string): LineProcess =>
  startProgram(new URL("./fixtures/hold-instance-lock.ts", import.meta.url), [stateDir]);

describe("the lock of a state directory", () => {
  test("is held by exactly one of twenty that want it at once", async () => {
    const stateDir = temporaryDirectory();
    await using all = new AsyncDisposableStack();
    const contenders = Array.from({ length: 20 }, () => all.use(contend(stateDir)));
    await Promise.all(contenders.map((contender) => contender.line()));
    for (const contender of contenders) contender.say("go");
    const outcomes = await Promise.all(contenders.map((contender) => contender.line()));
    expect(outcomes.toSorted()).toEqual(["held", ...Array.from({ length: 19 }, () => "refused")]);
  });

  test("is free as soon as its holder is killed", async () => {
    const stateDir = temporaryDirectory();
    await using holder = contend(stateDir);
    await holder.line();
    holder.say("go");
    expect(await holder.line()).toBe("held");
    await expect(acquireInstanceLock(stateDir)).rejects.toThrow(AlreadyRunningError);
    holder.kill();
    await holder.ended;
    const lock = await acquireInstanceLock(stateDir);
    lock.release();
  });

  test("is waited for while a predecessor ends", async () => {
    const stateDir = temporaryDirectory();
    await using predecessor = contend(stateDir);
    await predecessor.line();
    predecessor.say("go");
    await predecessor.line();
    const lock = acquireInstanceLock(stateDir, { waitMs: 15_000 });
    predecessor.kill();
    (await lock).release();
  });

  test("is not given to one process twice, which keeps it when it asks again", async () => {
    const stateDir = temporaryDirectory();
    const lock = await acquireInstanceLock(stateDir);
    await expect(acquireInstanceLock(stateDir)).rejects.toThrow(AlreadyRunningError);
    await using other = contend(stateDir);
    await other.line();
    other.say("go");
    expect(await other.line()).toBe("refused");
    lock.release();
    (await acquireInstanceLock(stateDir)).release();
  });

  test("is a file of its owner, left where it is", async () => {
    const stateDir = temporaryDirectory();
    (await acquireInstanceLock(stateDir)).release();
    const path = join(stateDir, "daemon.lock");
    expect(existsSync(path)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});
