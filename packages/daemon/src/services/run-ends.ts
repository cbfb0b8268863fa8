import { runOfEntity } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import { hasEnded } from "../domain/run-machine.ts";
import type { Registry } from "../registry/registry.ts";

export interface RunEnds {
  /** Resolves with the run as it has ended. */
  ended(id: string): Promise<Run>;
}

export function createRunEnds(registry: Registry): RunEnds {
  const waiting = new Map<string, PromiseWithResolvers<Run>>();
  registry.onCommitted((events) => {
    if (waiting.size === 0) return;
    for (const { entity } of events) {
      const id = runOfEntity(entity);
      const promise = id === undefined ? undefined : waiting.get(id);
      if (id === undefined || promise === undefined) continue;
      const run = registry.runs.get(id);
      if (!hasEnded(run.state)) continue;
      waiting.delete(id);
      promise.resolve(run);
    }
  });
  return {
    async ended(id) {
      const run = registry.runs.get(id);
      if (hasEnded(run.state)) return run;
      const promise = waiting.get(id) ?? Promise.withResolvers<Run>();
      waiting.set(id, promise);
      return promise.promise;
    },
  };
}
