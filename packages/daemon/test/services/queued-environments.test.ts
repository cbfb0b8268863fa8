import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import type { Inheritance } from "../../src/services/child-environment.ts";
import { createQueuedEnvironments } from "../../src/services/queued-environments.ts";

const inheritance = (run: string, word = "same"): Inheritance => ({
  env: { WORD: word, ORCHASTRATION_RUN_ID: run },
  umask: 0o22,
  terminal: { cols: 80, rows: 24 },
});

test("each waiting run finds its own environment again, also those that share one, after a restart", () => {
  const directory = temporaryDirectory();
  const environments = createQueuedEnvironments(() => directory);
  const kept = [inheritance("a"), inheritance("b"), inheritance("c", "other"), inheritance("d", "other")];
  for (const each of kept) environments.keep(each.env.ORCHASTRATION_RUN_ID ?? "", each);
  const restarted = createQueuedEnvironments(() => directory);
  expect(["a", "b", "c", "d"].map((run) => restarted.find(run))).toEqual(kept);
});

test("one that is forgotten takes nothing from those that share it", () => {
  const directory = temporaryDirectory();
  const environments = createQueuedEnvironments(() => directory);
  for (const run of ["a", "b"]) environments.keep(run, inheritance(run));
  environments.forget("b");
  environments.keep("c", inheritance("c"));
  environments.forget("a");
  expect(environments.find("c")).toEqual(inheritance("c"));
  expect(environments.find("a")).toBeUndefined();
  environments.forget("c");
  expect(readdirSync(directory)).toEqual([]);
});

test("values stand in files that nobody else may read, and hundreds of equal ones in one", () => {
  const directory = temporaryDirectory();
  const environments = createQueuedEnvironments(() => directory);
  const runs = Array.from({ length: 300 }, (_, n) => `run-${n}`);
  for (const run of runs) environments.keep(run, inheritance(run));
  const files = readdirSync(directory).map((name) => join(directory, name));
  expect(files).toHaveLength(300);
  expect(new Set(files.map((file) => statSync(file).ino)).size).toBe(1);
  expect(statSync(files[0] ?? "").mode & 0o777).toBe(0o600);
  expect(readFileSync(files[0] ?? "", "utf8")).not.toContain("run-");
});
