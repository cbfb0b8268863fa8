import { join } from "node:path";
import { newId } from "@orchastration/protocol";
import { type Run, run as runSchema } from "@orchastration/protocol/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { advanceRun, type Ending, hasEnded, RUN_TRANSITIONS, type RunTrigger } from "../../src/domain/run-machine.ts";
import { openDatabase } from "../../src/registry/database.ts";
import { type DeclaredRun, type Registry, rebuildRuns } from "../../src/registry/registry.ts";
import { ADA, AT, complete, declare, LAUNCH, open, queue, step } from "./sample-runs.ts";

const sha256 = fc.constantFrom(null, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
const exit = fc.oneof(fc.record({ code: fc.nat(255) }), fc.record({ signal: fc.constantFrom("SIGKILL", "SIGTERM") }));
const ending: fc.Arbitrary<Ending> = fc.record({
  endedAt: fc.constant(AT),
  // JSON has one zero.
  durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }).map((ms) => ms + 0),
  exit: fc.option(exit),
  summary: fc.record({ stdoutBytes: fc.nat(), stderrBytes: fc.nat(), stdoutSha256: sha256, stderrSha256: sha256 }),
});
const reason = fc.string({ unit: "binary" });

const trigger: fc.Arbitrary<RunTrigger> = fc.oneof(
  fc.constant<RunTrigger>({ type: "prepare" }),
  fc.record({ type: fc.constant("cancel" as const), endedAt: fc.constant(AT), reason }),
  fc.constant(LAUNCH),
  fc.record({
    type: fc.constant("interrupt" as const),
    reason: fc.constantFrom("stopped" as const, "timed_out" as const, "output_limit" as const),
  }),
  fc
    .tuple(fc.constantFrom("fail" as const, "stop" as const, "lose" as const), reason, ending)
    .map(([type, why, facts]): RunTrigger => ({ type, reason: why, ...facts })),
  ending.map((facts): RunTrigger => ({ type: "exit", ...facts })),
);

/** Which run each step is for, and what is tried: whatever the table does not allow is left out. */
const history = fc.array(fc.tuple(fc.nat(3), trigger), { maxLength: 40 });

async function live(registry: Registry, declared: readonly DeclaredRun[], steps: readonly [number, RunTrigger][]) {
  const model = new Map<string, Run>();
  for (const one of declared) model.set(one.id, await queue(registry, one));
  for (const [choice, tried] of steps) {
    const run = model.get(declared[choice % declared.length]?.id ?? "");
    if (run === undefined || !Object.hasOwn(RUN_TRANSITIONS[run.state.status], tried.type)) continue;
    const { state } = advanceRun(run.id, run.state, tried);
    const { eventSeq, eventHash } = await step(registry, run.id, tried);
    model.set(run.id, { ...run, state, eventSeq, eventHash });
  }
  return model;
}

describe("the log", () => {
  test("alone is enough to rebuild every run, whatever happened to it", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(fc.string({ unit: "binary" })), async (steps, words) => {
        const stateDir = temporaryDirectory();
        const registry = open(stateDir, { synchronous: "NORMAL" });
        const argv: DeclaredRun["argv"] = ["printf", ...words.map((word) => word.replaceAll("\0", ""))];
        const declared = Array.from({ length: 4 }, () => declare(stateDir, { argv }));
        const model = await live(registry, declared, steps);
        registry.close();

        const again = open(stateDir);
        const rebuilt = new Map(rebuildRuns(again.events.readAfter(0, 1_000)).map((run) => [run.id, run]));
        const stored = new Map(declared.map(({ id }) => [id, again.runs.get(id)]));
        expect(rebuilt).toEqual(model);
        expect(stored).toEqual(model);
        for (const run of stored.values()) expect(runSchema.parse(run)).toEqual(run);
        const unfinished = [...model.values()].filter(({ state }) => !hasEnded(state)).map(({ id }) => id);
        expect(again.runs.unfinished().map(({ id }) => id)).toEqual(unfinished);
        expect(await again.verify()).toMatchObject({ ok: true });
        again.close();
      }),
      { numRuns: 25 },
    );
  });

  test("that tells of a run twice, or of one it never began, is refused by the number of the event", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    await queue(registry, declare(stateDir));
    const [queued] = registry.events.readAfter(0, 1);
    registry.close();
    if (queued === undefined) throw new Error("nothing was queued");
    const prepared = { ...queued, seq: 2, name: "run.prepared", payload: { run: queued.entity.slice("run:".length) } };
    expect(() => [...rebuildRuns([queued, { ...queued, seq: 2 }])]).toThrow("event 2 queues");
    expect(() => [...rebuildRuns([prepared])]).toThrow("event 2 is of run");
    expect(() => [...rebuildRuns([{ ...queued, entity: `run:${newId()}` }])]).toThrow("event 1 is of");
    expect(() => [...rebuildRuns([queued, { ...prepared, payload: {} }])]).toThrow("event 2 (run.prepared)");
  });
});

describe("verification", () => {
  test.each([
    ["status", "UPDATE runs SET status = 'failed'"],
    ["newest event", "UPDATE runs SET event_seq = event_seq - 1"],
    ["launch", "UPDATE runs SET launched_seq = NULL"],
    ["name", "UPDATE runs SET name = 'other'"],
    ["presence", "DELETE FROM runs"],
  ])("notices a run whose %s was changed behind the log", async (_, change) => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    await complete(registry, declare(stateDir));
    expect(await registry.verify()).toMatchObject({ ok: true, events: 4 });
    const behind = openDatabase(join(stateDir, "registry.db"), { synchronous: "FULL", busyTimeoutMs: 0 });
    behind.exec(change);
    behind.close();
    expect(await registry.verify()).toMatchObject({ ok: false, seq: 4 });
    registry.close();
  });

  test("goes on while runs come and go, and is right about them", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir, { synchronous: "NORMAL" });
    for (let n = 0; n < 100; n += 1) await complete(registry, declare(stateDir));
    const before = registry.events.headSeq();
    let isVerified = false;
    const verification = registry.verify().finally(() => {
      isVerified = true;
    });
    const declared = declare(stateDir);
    await complete(registry, declared);
    await queue(registry, declare(stateDir));
    expect(isVerified).toBe(false);
    const verified = await verification;
    expect(verified.ok && verified.events).toBeGreaterThanOrEqual(before);
    expect(await registry.verify()).toMatchObject({ ok: true, events: registry.events.headSeq() });
    registry.close();
  });

  test("notices an event that was changed, and names it", async () => {
    const stateDir = temporaryDirectory();
    const registry = open(stateDir);
    await complete(registry, declare(stateDir));
    const behind = openDatabase(join(stateDir, "registry.db"), { synchronous: "FULL", busyTimeoutMs: 0 });
    behind.exec("DROP TRIGGER events_are_never_updated");
    behind.exec(`UPDATE events SET entry = replace(entry, '${ADA.name}', 'eve') WHERE seq = 3`);
    behind.close();
    expect(await registry.verify()).toMatchObject({ ok: false, seq: 3 });
    registry.close();
  });
});
