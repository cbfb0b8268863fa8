import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { taskName } from "@orchastration/protocol";
import type { Context, Difference, Run } from "@orchastration/protocol/contract";
import { hasEnded } from "../../domain/run-machine.ts";
import type { Registry } from "../../registry/registry.ts";
import type { KnownTasks } from "../tasks/known-tasks.ts";

export interface Review {
  readonly status: "approved" | "changes_requested";
  readonly report: string;
}

export type ReviewTask = (context: Context, task: string) => Promise<Review>;

export interface ReviewTaskDependencies {
  readonly registry: Pick<Registry, "runs">;
  readonly knownTasks: Pick<KnownTasks, "get">;
  readonly diff: (left: Run, right: Run) => readonly Difference[];
}

interface Finding {
  readonly isGood: boolean;
  readonly text: string;
}

/**
 * Looks at what the newest build of a task has left: whether it succeeded, whether its declared outputs are there, and what differs from the build
 * before it. Documents that are not there are mentioned only: they are written last.
 */
export function createReviewTask({ registry, knownTasks, diff }: ReviewTaskDependencies): ReviewTask {
  function reviewBuild(newest: Run | undefined, before: Run | undefined): Finding[] {
    if (newest === undefined) return [{ isGood: false, text: "it has not been built" }];
    const { id, state } = newest;
    const build = { isGood: state.status === "succeeded", text: `build ${id}: ${state.status}` };
    if (before === undefined) return [build];
    const fields = diff(before, newest).map(({ field }) => field);
    const text = `compared with build ${before.id}: ${fields.length === 0 ? "no difference" : fields.join(", ")}`;
    return [build, { isGood: true, text }];
  }

  return async (context, reference) => {
    const { task, loaded } = await knownTasks.get(context, reference);
    const definition = loaded.config.tasks.get(task.slug);
    const name = taskName(task);
    const query = { name, repository: task.repository, limit: RUNS_LOOKED_AT };
    const builds = registry.runs.list(query).filter((run) => run.kind === "build");
    const [newest] = builds;
    const before = builds.slice(1).find(({ state }) => hasEnded(state));
    const presence = (kind: string, path: string, isNeeded: boolean): Finding => {
      const isThere = definition !== undefined && existsSync(resolve(definition.workingDir, path));
      return { isGood: isThere || !isNeeded, text: `${kind} ${path}: ${isThere ? "there" : "missing"}` };
    };
    const findings = [
      ...reviewBuild(newest, before),
      ...(definition?.outputs ?? []).map((path) => presence("output", path, true)),
      ...(definition?.documents ?? []).map((path) => presence("document", path, false)),
    ];
    return {
      status: findings.every(({ isGood }) => isGood) ? "approved" : "changes_requested",
      report: [`Review of ${name}`, ...findings.map(({ text }) => `- ${text}`)].join("\n"),
    };
  };
}

/** The newest ones of a task; those of its other commands are among them. */
const RUNS_LOOKED_AT = 50;
