import type { Candidate } from "../domain/admission.ts";
import type { Inheritance } from "./child-environment.ts";

/** A run that has not ended. What its command inherits is held until the spawn and nowhere afterwards. */
export interface UnfinishedRun extends Candidate {
  /** Ending: its outcome is on its way to the registry, and its place is free. Changed by {@link LiveRuns} alone, which keeps them apart by it. */
  phase: { readonly name: "queued"; readonly inheritance: Inheritance } | { readonly name: "live" | "ending" };
  /** Aborted when somebody asks for its stop: what is prepared for it is given up. */
  readonly stopAsked: AbortController;
  /** The tail of what is being done about this run: its changes happen one after another. */
  busy: Promise<void>;
}

/** The unfinished runs, oldest first. The registry is the truth; this is what the daemon needs at hand to act. */
export interface LiveRuns {
  add(candidate: Candidate, phase: UnfinishedRun["phase"]): UnfinishedRun;
  find(id: string): UnfinishedRun | undefined;
  remove(id: string): void;
  /** A queued run takes its place, or a live one leaves it. */
  setPhase(run: UnfinishedRun, name: "live" | "ending"): void;
  /** Not copied: a long queue is asked about at every step of every run. */
  queued(): Iterable<UnfinishedRun>;
  live(): readonly UnfinishedRun[];
  /** The live ones without those whose process has ended. */
  placed(): readonly UnfinishedRun[];
  isEmpty(): boolean;
  /** Resolves when what is being done about the runs at this moment is done. */
  quiet(): Promise<void>;
  /** Resolves when every one of these has ended. */
  whenEnded(ids: readonly string[]): Promise<void>;
  /** Runs `step` after everything already under way for this run. */
  inTurn<T>(id: string, step: () => Promise<T>): Promise<T>;
}

export function createLiveRuns(): LiveRuns {
  const runs = new Map<string, UnfinishedRun>();
  const inPhase: Record<UnfinishedRun["phase"]["name"], Set<UnfinishedRun>> = {
    queued: new Set(),
    live: new Set(),
    ending: new Set(),
  };
  const waiting = new Set<() => void>();
  return {
    add({ id, group, priority }, phase) {
      const run: UnfinishedRun = {
        id,
        group,
        priority,
        phase,
        stopAsked: new AbortController(),
        busy: Promise.resolve(),
      };
      runs.set(id, run);
      inPhase[phase.name].add(run);
      return run;
    },
    find: (id) => runs.get(id),
    remove(id) {
      const run = runs.get(id);
      if (run !== undefined) inPhase[run.phase.name].delete(run);
      runs.delete(id);
      for (const review of waiting) review();
    },
    setPhase(run, name) {
      inPhase[run.phase.name].delete(run);
      inPhase[name].add(run);
      run.phase = { name };
    },
    queued: () => inPhase.queued.values(),
    live: () => [...runs.values()].filter((run) => run.phase.name !== "queued"),
    placed: () => [...inPhase.live],
    isEmpty: () => runs.size === 0,
    quiet: async () => void (await Promise.all([...runs.values()].map(({ busy }) => busy))),
    whenEnded: (ids) =>
      new Promise((resolve) => {
        const review = (): void => {
          if (ids.some((id) => runs.has(id))) return;
          waiting.delete(review);
          resolve();
        };
        waiting.add(review);
        review();
      }),
    inTurn(id, step) {
      const run = runs.get(id);
      const done = (run?.busy ?? Promise.resolve()).then(step);
      if (run !== undefined) run.busy = done.then(ignore, ignore);
      return done;
    },
  };
}

function ignore(): void {}
