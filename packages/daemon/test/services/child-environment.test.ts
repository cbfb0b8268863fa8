import { expect, test } from "vitest";
import { childEnvironment } from "../../src/services/child-environment.ts";

const nothing = { caller: {}, allowed: ["*"], configured: {}, overrides: {}, facts: {} };

test("a child gets the caller's environment, then configuration, then the command line, then our facts", () => {
  const env = childEnvironment({
    ...nothing,
    caller: { A: "caller", B: "caller", C: "caller", D: "caller" },
    configured: { B: "configured", C: "configured", D: "configured" },
    overrides: { C: "override", D: "override" },
    facts: { D: "fact" },
  });
  expect(env).toEqual({ A: "caller", B: "configured", C: "override", D: "fact" });
});

test("what is narrowed keeps only names that match a pattern, whatever other characters the pattern has", () => {
  const caller = { PATH: "1", LC_ALL: "2", LC_TIME: "3", SECRET_TOKEN: "4", "A.B": "5", AXB: "6" };
  expect(childEnvironment({ ...nothing, caller, allowed: ["PATH", "LC_*", "A.B"] })).toEqual({
    PATH: "1",
    LC_ALL: "2",
    LC_TIME: "3",
    "A.B": "5",
  });
});

test("the marks of our own processes and of the session the caller is in are not handed on", () => {
  const caller = { ORCHASTRATION_RUN_ID: "outer", ORCHASTRATION_ROLE: "daemon", HOME: "/home/ada" };
  expect(childEnvironment({ ...nothing, caller })).toEqual({ HOME: "/home/ada" });
});
