import { type ChildProcess, spawn } from "node:child_process";
import { identifyProcess } from "@orchastration/protocol/node";
import { afterEach, describe, expect, it } from "vitest";
import { processorTimeOn } from "../../src/processes/processor-time.ts";
import { parseTimes, treeTime } from "../../src/processes/processor-time-darwin.ts";
import { parseUsage } from "../../src/processes/processor-time-linux.ts";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) process.kill(-(child.pid ?? 0), "SIGKILL");
});

function start(script: string) {
  const child = spawn("sh", ["-c", script], { stdio: "ignore", detached: true });
  children.push(child);
  const identity = identifyProcess(child.pid ?? 0);
  if (identity === undefined) throw new Error("it has ended already");
  return identity;
}

it("reads what a process and the children it waited for used, behind a name with spaces and parentheses", () => {
  const fields = "S 1 2 3 4 5 6 7 8 9 10 100 20 3 4 20 0 1 0 4711 0 0";
  expect(parseUsage(`42 (a) b (c) ${fields}`)).toEqual({ startTime: "4711", ticks: 127 });
  expect(parseUsage("")).toBeUndefined();
});

it("reads times of days, hours and minutes", () => {
  const rows = parseTimes("  1     0   0:03.50\n  7     1  12:00.25\n  8     7 1:00:00.00\n  9     8 2-00:00:01\n");
  expect(rows.map(({ usedMs }) => usedMs)).toEqual([3_500, 720_250, 3_600_000, 172_801_000]);
  expect(treeTime(rows, 8)).toBe(3_600_000 + 172_801_000);
  expect(treeTime(rows, 7)).toBe(720_250 + 3_600_000 + 172_801_000);
  expect(treeTime(rows, 12)).toBeNull();
});

describe.skipIf(process.platform === "win32")("of living processes", () => {
  const read = processorTimeOn(process.platform);

  it("grows while a grandchild computes", async () => {
    const leader = start("(while :; do :; done) & wait");
    const atFirst = (await read(leader)) ?? Number.NaN;
    await expect.poll(() => read(leader)).toBeGreaterThan(atFirst + 100);
  });

  it("is null for a process of the same pid that began at another time", async () => {
    const leader = start("sleep 60");
    expect(await read(leader)).not.toBeNull();
    if (process.platform === "linux") expect(await read({ ...leader, startTime: "1" })).toBeNull();
  });
});
