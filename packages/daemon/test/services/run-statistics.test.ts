import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { createStatistics } from "../../src/services/run-statistics.ts";
import { complete, declare, ENDING, FAILING, open, queue } from "../registry/sample-runs.ts";

const never = new AbortController().signal;

test("the newest runs that have ended are counted by job, in turns with everybody else", async () => {
  const stateDir = temporaryDirectory();
  using registry = { ...open(stateDir), [Symbol.dispose]: () => registry.close() };
  const statistics = createStatistics(registry.runs);
  await complete(registry, declare(stateDir, { name: "old" }));
  const failing = await complete(registry, declare(stateDir), { ...FAILING, durationMs: 7 });
  await Promise.all(Array.from({ length: 600 }, () => complete(registry, declare(stateDir), ENDING)));
  await queue(registry, declare(stateDir));

  let turns = 0;
  const counting = statistics({}, never);
  const counted = counting.then(() => false);
  for (let isCounting = true; isCounting; turns++) {
    isCounting = await Promise.race([counted, nextTurn(true)]);
  }
  expect(turns).toBeGreaterThan(1);
  expect(await counting).toMatchObject({
    runs: 602,
    jobs: [
      { name: "old", runs: 1, lastFailure: null },
      { name: "sample", runs: 601, failed: 1, medianMs: 5.25, lastFailure: { run: failing.id, status: "failed" } },
    ],
  });
  expect(await statistics({ limit: 600 }, never)).toMatchObject({ runs: 600, jobs: [{ name: "sample", failed: 0 }] });
  expect(await statistics({ name: "old" }, never)).toMatchObject({ runs: 1, jobs: [{ name: "old" }] });
  expect((await statistics({ isFailed: true }, never)).jobs.map(({ name }) => name)).toEqual(["sample"]);
  await expect(statistics({}, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});
