import type { Actor, AuthoredTask, DeclaredTask, Run, Task } from "@orchastration/protocol/contract";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "../../../../../test/support/temporary-directory.ts";
import { until } from "../../../../../test/support/until.ts";
import { DAEMON } from "../../../src/domain/actors.ts";
import { advanceTask, type TaskTrigger } from "../../../src/domain/task-machine.ts";
import type { Registry } from "../../../src/registry/registry.ts";
import { AT, declare, LAUNCH, open, queue, step } from "../../registry/sample-runs.ts";

export interface SampleTasks {
  readonly registry: Registry;
  /** Canonical path of a repository that is an empty directory. */
  readonly repository: string;
  create(number: number, slug: string, authored?: Partial<AuthoredTask>): Promise<Task>;
  /** By the daemon, unless somebody else is named. */
  pull(task: Task, trigger: TaskTrigger, actor?: Actor): Promise<Task>;
  /** An agent of the task that runs. */
  drive(task: Task): Promise<Run>;
  /** Resolves when everybody has been told of what was committed. */
  published(): Promise<void>;
}

/** A registry for tasks, closed with the test. */
export function openTasks(): SampleTasks {
  const repository = temporaryDirectory();
  const stateDir = temporaryDirectory();
  const registry = open(stateDir, { synchronous: "NORMAL" });
  onTestFinished(() => registry.close());
  let publishedSeq = registry.events.headSeq();
  registry.onCommitted((events) => {
    publishedSeq = events.at(-1)?.seq ?? publishedSeq;
  });
  return {
    registry,
    repository,
    create(number, slug, authored = {}) {
      const declared: Omit<DeclaredTask, "id"> = { kind: "file", repository, number, slug, createdAt: AT };
      const all = { title: slug, baseBranch: null, agent: null, labels: [], ...authored };
      return registry.commit((tx) => tx.tasks.create(declared, all, DAEMON));
    },
    pull: (task, trigger, actor = DAEMON) =>
      registry.commit((tx) => tx.tasks.apply(task.id, advanceTask(tx.tasks.get(task.id), trigger), actor)),
    async drive(task) {
      const of = { kind: "agent", name: task.slug, isTty: true, task: { id: task.id, onExit: "stop" } } as const;
      const { id } = await queue(registry, declare(stateDir, of));
      await step(registry, id, { type: "prepare" });
      return await step(registry, id, LAUNCH);
    },
    published: () => until(() => publishedSeq === registry.events.headSeq()),
  };
}

/** A session that waits, as the idleness of its terminal says. */
export const QUIET: TaskTrigger = { type: "idle", source: "screen", reason: "no visible change for 12 s", since: AT };
