import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { identifyProcess, isSameProcessAlive, ownIdentity } from "../../src/node/process-identity.ts";
import { parseDarwinProcess } from "../../src/node/process-identity-darwin.ts";
import { parseLinuxStat, readLinuxStat } from "../../src/node/process-identity-linux.ts";
import { parseWindowsCreationTime } from "../../src/node/process-identity-windows.ts";

describe("a process", () => {
  test("is itself, and stays so", () => {
    expect(ownIdentity().pid).toBe(process.pid);
    expect(ownIdentity()).toEqual(identifyProcess(process.pid));
    expect(isSameProcessAlive(ownIdentity())).toBe(true);
  });

  test("is not a process of the same pid with another start or of another boot", () => {
    expect(isSameProcessAlive({ ...ownIdentity(), startTime: "1" })).toBe(false);
    expect(isSameProcessAlive({ ...ownIdentity(), bootId: "other" })).toBe(false);
  });

  test("is gone once it has ended", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
    const identity = identifyProcess(child.pid ?? 0);
    if (identity === undefined) throw new Error("the child has no identity");
    expect(isSameProcessAlive(identity)).toBe(true);
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    expect(isSameProcessAlive(identity)).toBe(false);
    expect(identifyProcess(identity.pid)).toBeUndefined();
  });

  test("is never found under a pid that is none", () => {
    for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 40]) expect(identifyProcess(pid)).toBeUndefined();
  });
});

test.runIf(process.platform === "linux")("a zombie has an identity and is dead", async () => {
  // The shell starts a child, says its pid, and becomes a program that never asks for its exit.
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 1000"], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await once(parent.stdout, "data");
  const pid = Number(String(line));
  while (readLinuxStat(pid)?.state !== "Z") await new Promise(setImmediate);
  const identity = identifyProcess(pid);
  if (identity === undefined) throw new Error("the zombie has no identity");
  expect(isSameProcessAlive(identity)).toBe(false);
  const exited = once(parent, "exit");
  parent.kill("SIGKILL");
  await exited;
});

describe("what systems print", () => {
  const rest = "1 40 40 34816 41 4194560 99 0 0 0 0 0 0 0 20 0 1 0 8765 1024 1 2 3";

  test("a Linux stat line is read behind a name with spaces, parentheses and newlines", () => {
    for (const name of ["node", "a b", "a) R 1 (b", ")", "x\n) S 3", ""]) {
      expect(parseLinuxStat(`42 (${name}) S ${rest}\n`)).toEqual({
        state: "S",
        parentPid: 1,
        groupId: 40,
        sessionId: 40,
        foregroundGroupId: 41,
        startTime: "8765",
      });
    }
  });

  test("a torn Linux stat line is nothing", () => {
    for (const text of ["", "42 (node) S 1 2", "garbage"]) expect(parseLinuxStat(text)).toBeUndefined();
  });

  test("a macOS line gives state and start", () => {
    expect(parseDarwinProcess("Ss   Mon Nov  2 09:41:00 2026    \n")).toEqual({
      startTime: "Mon Nov 2 09:41:00 2026",
      isZombie: false,
    });
    expect(parseDarwinProcess("Z+   Mon Nov 12 09:41:00 2026")?.isZombie).toBe(true);
    expect(parseDarwinProcess("\n")).toBeUndefined();
  });

  test("a Windows creation time is a number and nothing else", () => {
    expect(parseWindowsCreationTime("133748205123456789\r\n")).toBe("133748205123456789");
    expect(parseWindowsCreationTime("\r\n")).toBeUndefined();
    expect(parseWindowsCreationTime("Get-CimInstance : denied")).toBeUndefined();
  });
});
