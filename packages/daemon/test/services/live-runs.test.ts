import { expect, test } from "vitest";
import { createLiveRuns, type LiveRuns, type UnfinishedRun } from "../../src/services/live-runs.ts";

const inheritance = { env: {}, umask: null, terminal: { cols: 80, rows: 24 } };

function withThree(): { readonly runs: LiveRuns; readonly entries: readonly UnfinishedRun[] } {
  const runs = createLiveRuns();
  const entries = ["a", "b", "c"].map((id) =>
    runs.add({ id, group: null, priority: 0 }, { name: "queued", inheritance }),
  );
  return { runs, entries };
}

const ids = (entries: Iterable<UnfinishedRun>): readonly string[] => [...entries].map(({ id }) => id);

test("a run is queued, has its place, and leaves it before it is gone", () => {
  const { runs, entries } = withThree();
  const [a, b] = entries as [UnfinishedRun, UnfinishedRun];
  expect([ids(runs.queued()), ids(runs.placed()), ids(runs.live())]).toEqual([["a", "b", "c"], [], []]);
  runs.setPhase(b, "live");
  runs.setPhase(a, "live");
  expect([ids(runs.queued()), ids(runs.placed()), ids(runs.live())]).toEqual([["c"], ["b", "a"], ["a", "b"]]);
  runs.setPhase(a, "ending");
  expect([ids(runs.queued()), ids(runs.placed()), ids(runs.live())]).toEqual([["c"], ["b"], ["a", "b"]]);
  for (const { id } of entries) runs.remove(id);
  expect([ids(runs.queued()), ids(runs.placed()), ids(runs.live()), runs.isEmpty()]).toEqual([[], [], [], true]);
});

test("what is queued when a daemon looks is told oldest first, whoever left meanwhile", () => {
  const { runs } = withThree();
  runs.remove("b");
  runs.add({ id: "d", group: null, priority: 0 }, { name: "queued", inheritance });
  expect(ids(runs.queued())).toEqual(["a", "c", "d"]);
});
