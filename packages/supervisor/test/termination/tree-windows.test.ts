import { expect, test } from "vitest";
import { createProcessFamily } from "../../src/termination/process-family.ts";
import { parseProcesses, taskkillArguments } from "../../src/termination/tree-windows.ts";

const TABLE = [
  "0 0 0",
  "4 0 0",
  "1000 4 133748205000000000",
  "1001 1000 133748205100000000",
  "1002 1001 133748205200000000",
  // Its parent ended long ago, and 1001 got the number since.
  "900 1001 133748200000000000",
  "Get-CimInstance : Access denied",
].join("\r\n");

test("a Windows process table is read, and a tree follows from its parents", () => {
  const rows = parseProcesses(TABLE);
  expect(rows.map(({ pid }) => pid)).toEqual([0, 4, 1000, 1001, 1002, 900]);
  const leader = { pid: 1000, startTime: "133748205000000000", bootId: "windows" };
  const members = createProcessFamily(rows, 4).membersOf({ session: "s", leader });
  expect(new Set(members.map(({ pid }) => pid))).toEqual(new Set([1000, 1001, 1002]));
});

test("taskkill asks first and forces later", () => {
  expect(taskkillArguments(1000, "SIGTERM")).toEqual(["/T", "/PID", "1000"]);
  expect(taskkillArguments(1000, "SIGKILL")).toEqual(["/F", "/T", "/PID", "1000"]);
});
