import type { ObservedFile, Plan, TaskWork } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import { changedInputs, progressOf, staleFields } from "../../src/domain/plan.ts";

const work: TaskWork = {
  description: "Write the report",
  repo: "external",
  status: "planned",
  argv: ["make", "report"],
  workingDir: "/work",
  inputs: ["data.csv"],
  outputs: ["report.pdf"],
  documents: [],
};
const file = (path: string, sha256: string | null): ObservedFile => ({
  path,
  bytes: sha256 === null ? null : 1,
  sha256,
});
const plan: Plan = {
  ...work,
  id: "2m6n1c7w4p8s",
  plannedAt: "2026-11-01T09:15:00.000Z",
  environment: { allowed: ["*"], names: ["PATH"], digest: "5d41" },
  base: null,
  inputs: [file("data.csv", "a".repeat(64))],
  configurationDigest: "b".repeat(64),
};

describe("a plan", () => {
  test.each<[string, Partial<TaskWork>, readonly string[]]>([
    ["argv", { argv: ["make", "all"] }, ["*"]],
    ["working_dir", { workingDir: "/elsewhere" }, ["*"]],
    ["outputs", { outputs: [] }, ["*"]],
    ["documents", { documents: ["notes.md"] }, ["*"]],
    ["environment", {}, ["PATH"]],
  ])("is stale when the configuration has another %s", (field, change, allowed) => {
    expect(staleFields(plan, { ...work, ...change }, allowed).map((stale) => stale.field)).toEqual([field]);
  });

  test("is fresh while only description, repo or inputs change", () => {
    expect(staleFields(plan, { ...work, description: "Other", repo: "orchastration", inputs: [] }, ["*"])).toEqual([]);
  });

  test("names the inputs that changed, vanished or were added", () => {
    const planned = [file("same", "a"), file("changed", "a"), file("gone", "a"), file("undeclared", "a")];
    const found = [file("same", "a"), file("changed", "b"), file("gone", null), file("new", "a")];
    expect(changedInputs(planned, found).map(({ path }) => path)).toEqual(["changed", "gone", "undeclared", "new"]);
  });
});

describe("the older word for a task", () => {
  test.each([
    ["draft", "planned"],
    ["queued", "in_progress"],
    ["starting", "in_progress"],
    ["running", "in_progress"],
    ["idle", "in_progress"],
    ["stopped", "in_progress"],
    ["failed", "in_progress"],
    ["completed", "done"],
    ["reviewed", "done"],
    ["merged", "done"],
  ] as const)("that is %s is %s", (status, word) => {
    expect(progressOf(status, "planned")).toBe(word);
  });

  test("of a draft is where its configuration lets it begin", () => {
    expect(progressOf("draft", "done")).toBe("done");
  });
});
