import { createHash } from "node:crypto";
import { newId, taskName } from "@orchastration/protocol";
import type { Actor, Base, ObservedFile, Plan, Task, TaskWork } from "@orchastration/protocol/contract";
import { planned } from "../../domain/plan.ts";
import { documentPath } from "../../domain/task-document.ts";
import type { HashService } from "../../hashing/hash-service.ts";
import type { Registry } from "../../registry/registry.ts";
import { comparableEnvironment } from "../child-environment.ts";
import type { DeclareRun, RunOptions } from "../declare-run.ts";
import { createObserveFiles } from "../observe-files.ts";
import { commandDefinition } from "../tasks/command-definition.ts";
import type { FoundTask } from "../tasks/known-tasks.ts";
import { asConfigured, configuredWork } from "./configured-work.ts";
import type { TaskActions } from "./task-actions.ts";

/** Makes the intent of a task durable. To be called in the task's turn. */
export type CreatePlan = (found: FoundTask, asked: RunOptions, actor: Actor) => Promise<Plan>;

export interface CreatePlanDependencies {
  readonly registry: Pick<Registry, "commit">;
  readonly actions: TaskActions;
  readonly declareRun: Pick<DeclareRun, "defined">;
  readonly observeBase: (workingDir: string, except: readonly string[]) => Promise<Base | null>;
  readonly hashing: Pick<HashService, "hashFiles">;
  readonly now: () => Date;
}

export function createCreatePlan(deps: CreatePlanDependencies): CreatePlan {
  const { registry, actions, declareRun, observeBase, now } = deps;
  const observeFiles = createObserveFiles(deps.hashing);

  return (found, asked, actor) => {
    const { task, loaded } = found;
    const work = configuredWork(found);
    return actions.perform(task, "plan.create", actor, async () => {
      // Declared as its build will be, and never started: what would be refused then is refused now.
      const { inheritance } = await asConfigured(task, () =>
        declareRun.defined((id) => commandDefinition(task, work, id), asked, actor),
      );
      const inputs = await observeFiles(work.workingDir, work.inputs);
      const base = await observeBase(work.workingDir, ownFiles(task, work));
      const env = comparableEnvironment(inheritance.env);
      const { inputs: _inputs, ...rest } = work;
      const allowed = [...loaded.config.daemon.environment];
      const plan: Plan = {
        id: newId(),
        plannedAt: now().toISOString(),
        ...rest,
        environment: {
          allowed,
          names: Object.keys(env).toSorted(),
          digest: await registry.commit((tx) => tx.environments.intern(env)),
        },
        base,
        inputs,
        configurationDigest: digestOf(work, allowed),
      };
      return { message: messageOf(work, inputs), events: [planned(task, plan)], result: plan };
    });
  };
}

/** What the loop itself writes: it must not make the next plan look as if somebody had changed something. */
function ownFiles(task: Task, { outputs, documents }: TaskWork): string[] {
  return [...outputs, ...documents, documentPath(taskName(task)), "README.md"];
}

function digestOf(work: TaskWork, allowed: readonly string[]): string {
  const entries = Object.entries({ ...work, environment: allowed }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(entries)).digest("hex");
}

function messageOf({ outputs, documents }: TaskWork, inputs: readonly ObservedFile[]): string {
  const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
  return `planned: ${count(inputs.length, "input")}, ${count(outputs.length, "output")}, ${count(documents.length, "document")}`;
}
