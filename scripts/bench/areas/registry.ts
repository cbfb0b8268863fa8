import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { newId } from "@orchastration/protocol";
import type { Actor } from "@orchastration/protocol/contract";
import { advanceRun, type RunTrigger } from "../../../packages/daemon/src/domain/run-machine.ts";
import { type DeclaredRun, openRegistry, type Registry } from "../../../packages/daemon/src/registry/registry.ts";
import type { Place } from "../machine.ts";
import { type Contest, type Figure, percentile, timed } from "../measure.ts";

const FEW = 1_000;
const LISTED = 100;
const IN_FLIGHT = 16;
const actor: Actor = { kind: "person", name: "ada" };

export async function registry(place: Place): Promise<readonly Contest[]> {
  const sizes = place.isQuick ? [10_000] : [100_000, 1_000_000];
  const few = await filled(place, FEW);
  const contests: Contest[] = [];
  for (const size of sizes) {
    const many = await filled(place, size);
    const limits = { unit: "ms", better: "less", must: 1.5, goal: 1.1 } as const;
    contests.push(
      {
        area: "registry",
        figures: [
          { measure: `last ${LISTED} runs of ${size}`, ...limits },
          { measure: `last ${LISTED} runs of one name of ${size}`, ...limits },
          { measure: `last ${LISTED} failed runs of ${size}`, ...limits },
        ],
        ours: { name: String(size), round: () => readLists(many) },
        reference: { name: `of ${FEW}`, round: () => readLists(few) },
      },
      {
        area: "registry",
        figures: [
          { measure: `bytes per run at ${size} runs`, unit: "bytes", better: "less", must: 3_072, goal: 1_024 },
        ],
        ours: { name: "registry.db", round: async () => [statSync(join(many, "registry.db")).size / size] },
        reference: null,
        mostRounds: 1,
      },
    );
  }
  return [...contests, ...durableEvents(place)];
}

/** A state directory with so many runs that have ended, of ten names, every tenth failed. */
async function filled(place: Place, count: number): Promise<string> {
  const stateDir = join(place.dir, `registry-${count}`);
  mkdirSync(stateDir, { mode: 0o700 });
  const registry = openRegistry({ stateDir, now: () => new Date(), synchronous: "NORMAL" });
  for (let first = 0; first < count; first += 500) {
    const numbers = Array.from({ length: Math.min(500, count - first) }, (_, index) => first + index);
    await Promise.all(numbers.map((number) => complete(registry, stateDir, number)));
  }
  registry.close();
  return stateDir;
}

function complete(registry: Registry, stateDir: string, number: number): Promise<void> {
  const declared = declare(stateDir, number);
  const at = declared.queuedAt;
  const exit: RunTrigger = {
    type: "exit",
    endedAt: at,
    durationMs: 5.25,
    exit: { code: number % 10 === 0 ? 3 : 0 },
    summary: { stdoutBytes: 0, stderrBytes: 0, stdoutSha256: null, stderrSha256: null },
  };
  const launch: RunTrigger = {
    type: "launch",
    startedAt: at,
    process: { pid: 4_260, startTime: "88213", bootId: "5f0c8e5c-7a43-4be6-9d0c-5b6f6f0e2a11" },
  };
  return registry.commit((tx) => {
    let run = tx.runs.insert(declared);
    for (const trigger of [{ type: "prepare" } as const, launch, exit]) {
      run = tx.runs.transition(run.id, advanceRun(run.id, run.state, trigger), actor);
    }
  });
}

function declare(stateDir: string, number: number): DeclaredRun {
  const name = `job-${number % 10}`;
  const stem = join(stateDir, "runs", name, `20261101T091500.000Z-${number}`);
  return {
    id: newId(),
    kind: "job",
    name,
    repository: null,
    argv: ["make", "-j4", "check"],
    workingDir: "/home/ada/project",
    isTty: false,
    timeoutMs: null,
    group: null,
    priority: 0,
    requestedBy: actor,
    environmentDigest: "5d41402abc4b2a76b9719d911017c592",
    base: null,
    queuedAt: "2026-11-01T09:15:00.000Z",
    output: { stdoutPath: `${stem}.stdout.log`, stderrPath: `${stem}.stderr.log` },
    recordPath: `${stem}.json`,
    os: "linux",
    binaryVersion: "0.1.0",
  };
}

/** By a daemon that has just started: nothing of it is remembered yet. The median of several, as each is over in a millisecond. */
async function readLists(stateDir: string): Promise<readonly number[]> {
  const medians: number[] = [];
  for (const query of [{}, { name: "job-3" }, { isFailed: true }]) {
    const times: number[] = [];
    for (let n = 0; n < 9; n++) {
      const registry = openRegistry({ stateDir, now: () => new Date() });
      registry.runs.list({ limit: 1 });
      times.push(await timed(async () => registry.runs.list({ ...query, limit: LISTED })));
      registry.close();
    }
    medians.push(percentile(times, 50));
  }
  return medians;
}

/** What sharing a flush is worth: of an event by itself, and of one that declares a run, which is a row with ten indexes as well. */
function durableEvents(place: Place): readonly Contest[] {
  const count = place.isQuick ? 800 : 4_000;
  const stateDir = join(place.dir, "registry-events");
  mkdirSync(stateDir, { mode: 0o700 });
  const registry = openRegistry({ stateDir, now: () => new Date(), synchronous: "FULL" });
  let number = 0;
  const perSecond = (ms: number): readonly number[] => [(1_000 * count) / ms];
  const event = (): Promise<unknown> => {
    const supervisor = newId();
    const payload = { supervisor, pid: number++, version: "0.1.0" };
    const entity = `supervisor/${supervisor}`;
    return registry.commit((tx) => tx.events.append({ actor, entity, name: "supervisor.started", payload }));
  };
  const run = (): Promise<unknown> => registry.commit((tx) => tx.runs.insert(declare(stateDir, number++)));
  const contest = (
    write: () => Promise<unknown>,
    figure: Pick<Figure, "measure" | "must" | "goal">,
    reference: string,
  ): Contest => ({
    area: "registry",
    figures: [{ ...figure, unit: "/s", better: "more" }],
    ours: {
      name: "group commit",
      async round() {
        let left = count;
        const worker = async (): Promise<void> => {
          while (left-- > 0) await write();
        };
        return perSecond(await timed(() => Promise.all(Array.from({ length: IN_FLIGHT }, worker))));
      },
    },
    reference: {
      name: reference,
      async round() {
        return perSecond(
          await timed(async () => {
            for (let n = 0; n < count; n++) await write();
          }),
        );
      },
    },
  });
  return [
    contest(
      event,
      { measure: `durable events, ${IN_FLIGHT} in flight`, must: 10, goal: 13 },
      "one transaction per event",
    ),
    contest(
      run,
      { measure: `durable declarations of runs, ${IN_FLIGHT} in flight`, must: null, goal: null },
      "one transaction per run",
    ),
  ];
}
