import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "../../scripts/lock.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "setup-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const lockModule = new URL("../../scripts/lock.mjs", import.meta.url).href;

/** A process that runs `work`, the body of an async function, under the lock of this test. */
function startHolder(work: string): ChildProcess {
  const program = `
    import { appendFileSync } from "node:fs";
    import { withLock } from ${JSON.stringify(lockModule)};
    const log = (word) => appendFileSync(${JSON.stringify(join(folder, "log"))}, word + "\\n");
    await withLock(${JSON.stringify(join(folder, "lock"))}, () => {}, async () => { ${work} });
  `;
  const options = ["--input-type=module", "--eval", program];
  return spawn(process.execPath, options, { stdio: ["ignore", "pipe", "inherit"] });
}

async function takeLock(): Promise<number[]> {
  const waitedFor: number[] = [];
  await withLock(
    join(folder, "lock"),
    (holder) => waitedFor.push(holder),
    async () => {},
  );
  return waitedFor;
}

test("processes that want the lock at once have it one after the other", async () => {
  const holders = [1, 2, 3, 4].map(() => startHolder(`log("in"); await new Promise(setImmediate); log("out");`));
  await Promise.all(holders.map((holder) => once(holder, "exit")));
  expect(readFileSync(join(folder, "log"), "utf8")).toBe("in\nout\n".repeat(4));
  expect(existsSync(join(folder, "lock"))).toBe(false);
});

test("the lock of a killed process is taken over", async () => {
  const holder = startHolder(`console.log("held"); await new Promise((resolve) => setTimeout(resolve, 60_000));`);
  await once(holder.stdout!, "data");
  holder.kill("SIGKILL");
  await once(holder, "exit");
  expect(existsSync(join(folder, "lock"))).toBe(true);
  expect(await takeLock()).toEqual([]);
});

test.runIf(process.platform === "linux")(
  "a stranger with the holder's old process number does not keep it locked",
  async () => {
    writeFileSync(join(folder, "lock"), JSON.stringify({ pid: process.pid, start: "1" }));
    expect(await takeLock()).toEqual([]);
  },
);

test("the lock is free again after work that failed", async () => {
  const failing = withLock(
    join(folder, "lock"),
    () => {},
    () => Promise.reject(new Error("no room")),
  );
  await expect(failing).rejects.toThrow("no room");
  expect(await takeLock()).toEqual([]);
});
