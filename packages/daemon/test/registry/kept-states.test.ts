import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run as runSchema } from "@orchastration/protocol/contract";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { complete, declare, open } from "./sample-runs.ts";

const STATES = fileURLToPath(new URL("../../../../test/fixtures/states", import.meta.url));
const kept = readdirSync(STATES, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

describe.each(kept)("a registry that version %s left", (version) => {
  test("opens, is whole, says what it said, and goes on", async () => {
    const stateDir = temporaryDirectory();
    copyFileSync(join(STATES, version, "registry.db"), join(stateDir, "registry.db"));
    const registry = open(stateDir);
    const runs = registry.runs.list({ limit: 10 });
    expect(runs.map(({ name, state }) => `${name} ${state.status}`).toSorted()).toEqual([
      "failing failed",
      "sample queued",
      "sample succeeded",
      "sample succeeded",
    ]);
    for (const run of runs) expect(runSchema.parse(run)).toEqual(run);
    expect(await registry.verify()).toMatchObject({ ok: true });
    await complete(registry, declare(stateDir, { recordPath: join(stateDir, "runs/sample/later.json") }));
    expect(await registry.verify()).toMatchObject({ ok: true });
    registry.close();
  });
});
