import { OrchastrationError } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import { expect, test } from "vitest";
import { until } from "../../../../test/support/until.ts";
import { createLiveRuns } from "../../src/services/live-runs.ts";
import { createRecover, type RecoverDependencies } from "../../src/services/recover.ts";

test("a run that cannot be taken up ends no daemon, and holds up no other", async () => {
  const ids = ["one", "two"];
  const runs = ids.map((id) => ({ id, state: { status: "stopping", reason: "stopped" } }) as unknown as Run);
  const [said, stopped] = [[] as string[], [] as string[]];
  const recover = createRecover({
    registry: { runs: { unfinished: () => runs } },
    liveRuns: createLiveRuns(),
    pool: {
      adoptAll: () =>
        Promise.resolve({
          reports: new Map(ids.map((id) => [id, { status: "live", stopReason: null }])),
          others: null,
        }),
      stop(id: string) {
        if (id === "one") return Promise.reject(new OrchastrationError("SupervisorUnavailable", "it is gone"));
        stopped.push(id);
        return Promise.resolve();
      },
    },
    runs: { schedule: () => {} },
    settle: { settle: (id: string) => Promise.resolve(runs.find((run) => run.id === id)) },
    settings: () => ({ stopGraceMs: 1 }),
    log: { error: (event: string, message: string) => said.push(`${event}: ${message}`) },
  } as unknown as RecoverDependencies);
  await recover.all();
  await until(() => said.length > 0 && stopped.length > 0);
  expect({ said, stopped }).toEqual({ said: ["run.unsettled: OrchastrationError: it is gone"], stopped: ["two"] });
});
