import { join } from "node:path";
import { newId } from "@orchastration/protocol";
import type { Actor, OutputSummary, Run } from "@orchastration/protocol/contract";
import { advanceRun, type Ending, type RunTrigger } from "../../src/domain/run-machine.ts";
import { type DeclaredRun, openRegistry, type Registry, type RegistryOptions } from "../../src/registry/registry.ts";

export const ADA: Actor = { kind: "person", name: "ada" };
export const AT = "2026-11-01T09:15:00.000Z";

const summary: OutputSummary = { stdoutBytes: 0, stderrBytes: 0, stdoutSha256: null, stderrSha256: null };
export const ENDING: Ending = { endedAt: AT, durationMs: 5.25, exit: { code: 0 }, summary };
export const FAILING: Ending = { ...ENDING, exit: { code: 3 } };
export const LAUNCH: RunTrigger = {
  type: "launch",
  startedAt: AT,
  process: { pid: 4260, startTime: "1", bootId: "5f0c8e5c" },
};

export function open(stateDir: string, options: Partial<RegistryOptions> = {}): Registry {
  return openRegistry({ stateDir, now: () => new Date(AT), ...options });
}

let declarations = 0;

export function declare(stateDir: string, given: Partial<DeclaredRun> = {}): DeclaredRun {
  declarations += 1;
  const stem = join(stateDir, "runs", "sample", `20261101T091500.000Z-${declarations}`);
  return {
    id: newId(),
    kind: "job",
    name: "sample",
    repository: null,
    argv: ["ls", "-la"],
    workingDir: "/home/ada/project",
    isTty: false,
    timeoutMs: null,
    group: null,
    priority: 0,
    requestedBy: ADA,
    environmentDigest: "5d41402abc4b2a76b9719d911017c592",
    base: null,
    queuedAt: AT,
    output: { stdoutPath: `${stem}.stdout.log`, stderrPath: `${stem}.stderr.log` },
    recordPath: `${stem}.json`,
    os: "linux",
    binaryVersion: "0.1.0",
    ...given,
  };
}

export function queue(registry: Registry, declared: DeclaredRun): Promise<Run> {
  return registry.commit((tx) => tx.runs.insert(declared));
}

export function step(registry: Registry, id: string, trigger: RunTrigger): Promise<Run> {
  return registry.commit((tx) => tx.runs.transition(id, advanceRun(id, tx.runs.get(id).state, trigger), ADA));
}

/** A run from its intent to its end. */
export async function complete(registry: Registry, declared: DeclaredRun, ending: Ending = ENDING): Promise<Run> {
  await queue(registry, declared);
  await step(registry, declared.id, { type: "prepare" });
  await step(registry, declared.id, LAUNCH);
  return step(registry, declared.id, { type: "exit", ...ending });
}
