import { expect, test } from "vitest";
import { z } from "zod";
import { issuesOf } from "../../src/server/issues.ts";

const job = z.object({ job: z.string() });
const argv = z.object({ argv: z.array(z.string()), isTty: z.boolean() });
const schema = z.object({ target: z.union([job, argv]), env: z.record(z.string(), z.string()).optional() });

function paths(value: unknown): string[] {
  const { error } = schema.safeParse(value);
  return error === undefined ? [] : issuesOf(error).map(({ path }) => path);
}

test("names every field that does not fit by its place", () => {
  expect(paths({ target: { job: "x" }, env: { "A.B": 1, C: null } })).toEqual(["env.A.B", "env.C"]);
  expect(paths({})).toEqual(["target"]);
  expect(paths(null)).toEqual([""]);
});

test("of alternatives it explains the one that comes closest, and all that come equally close", () => {
  expect(paths({ target: { argv: ["a", 1], isTty: true } })).toEqual(["target.job", "target.argv[1]"]);
  expect(paths({ target: {} })).toEqual(["target.job"]);
});
