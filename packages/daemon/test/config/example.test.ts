import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { buildConfig } from "../../src/config/build-config.ts";
import { interpretFile } from "../../src/config/interpret-file.ts";
import { listOrigins } from "../../src/config/layers.ts";
import { listKeys } from "../../src/config/schema-keys.ts";

const file = new URL("../../../../configs/config.example.toml", import.meta.url);

async function readExample() {
  const bytes = await readFile(file);
  const reading = interpretFile("config.example.toml", "global", bytes);
  if (reading.state === "invalid") throw new Error(JSON.stringify(reading.problems, null, 2));
  const source = { file: "config.example.toml", locate: reading.locate };
  return { text: bytes.toString(), reading, layer: { name: "global", values: reading.values, source } as const };
}

test("the example loads without a warning", async () => {
  expect((await readExample()).reading.warnings).toEqual([]);
});

test("the example has every key there is", async () => {
  const { layer } = await readExample();
  const names = /^(jobs|tasks|agents|orchestrations|limits\.groups)\.[^.]+/;
  const shown = new Set(
    listOrigins([layer])
      .filter((entry) => entry.layer === "global")
      .map(({ key }) => key.replace(names, "$1.<name>").replace(/\.env$/, ".env.<name>")),
  );
  expect([...shown].toSorted()).toEqual(listKeys().toSorted());
});

test("the example explains every key: a comment stands before it, or before the keys it belongs to", async () => {
  const { text } = await readExample();
  const lines = text.split("\n");
  const isKey = (line: string) => /^[a-z_]+ = /.test(line);
  const bare = lines.filter(
    (line, index) =>
      isKey(line) &&
      !lines
        .slice(0, index)
        .findLast((above) => !isKey(above))
        ?.startsWith("#"),
  );
  expect(bare).toEqual([]);
});

test("settings stand in the example with their defaults", async () => {
  const { layer } = await readExample();
  const { jobs, tasks, agents, orchestrations, limits, ...shown } = buildConfig([layer], null);
  const {
    jobs: _,
    tasks: __,
    agents: ___,
    orchestrations: ____,
    limits: defaultLimits,
    ...defaults
  } = buildConfig([], null);
  expect(shown).toEqual(defaults);
  expect(limits.concurrency).toBe(defaultLimits.concurrency);
  expect([jobs.size, tasks.size, agents.size, orchestrations.size]).toEqual([1, 1, 1, 2]);
});

test("the sample job and task are those of the first system", async () => {
  const { layer } = await readExample();
  const { jobs, tasks } = buildConfig([layer], null);
  expect(jobs.get("sample")).toMatchObject({
    description: "List current directory",
    argv: ["ls", "-la"],
    workingDir: ".",
    timeoutMs: 10_000,
    env: { SAMPLE_ENV: "true" },
  });
  expect(tasks.get("sample_task")).toMatchObject({ repo: "orchastration", status: "planned" });
});
