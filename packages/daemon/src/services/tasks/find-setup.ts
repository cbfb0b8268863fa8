import type { Run } from "@orchastration/protocol/contract";
import type { RegistryReader } from "../../registry/registry.ts";

/** The set-up that the start of an agent waits for: a run of its own, of the same task. */
export function findSetup({ runs }: Pick<RegistryReader, "runs">, { kind, task, state }: Run): Run | undefined {
  if (kind !== "agent" || task === undefined || state.status !== "preparing") return undefined;
  return findLiveSetup({ runs }, task.id);
}

/** Also one that a daemon left behind when it died. */
export function findLiveSetup({ runs }: Pick<RegistryReader, "runs">, task: string): Run | undefined {
  return runs.unfinished().find((run) => run.kind === "setup" && run.task?.id === task);
}
