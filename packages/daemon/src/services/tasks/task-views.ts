import { sep } from "node:path";
import type { Run, Task, TaskView } from "@orchastration/protocol/contract";
import { hasEnded } from "../../domain/run-machine.ts";
import type { RegistryReader } from "../../registry/registry.ts";
import { formatTaskFileProblem } from "../../task-files/problem.ts";
import type { FoundTask, Survey } from "./known-tasks.ts";
import { taskFilePath, taskWorktreePath } from "./task-paths.ts";

export interface TaskViews {
  /** A task as it is at this moment, with what was found wrong with it. */
  show(task: Task, surroundings: Omit<FoundTask, "task">): TaskView;
  showAll(survey: Survey): TaskView[];
}

export interface TaskViewsDependencies {
  readonly registry: Pick<RegistryReader, "runs">;
  /** Null for a session whose terminal nobody looks at, and for one with pipes. */
  readonly activityOf: (session: string) => TaskView["activity"];
}

export function createTaskViews({ registry, activityOf }: TaskViewsDependencies): TaskViews {
  function show(task: Task, { loaded, problems }: Omit<FoundTask, "task">): TaskView {
    const filePath = taskFilePath(task);
    const hasLiveSession = isLive(registry, task);
    return {
      ...task,
      filePath,
      worktreePath: taskWorktreePath(task, loaded.config),
      hasLiveSession,
      activity: hasLiveSession && task.run !== null ? activityOf(task.run) : null,
      problems: problems.filter(({ file }) => file === filePath).map(formatTaskFileProblem),
    };
  }
  return {
    show,
    showAll: (survey) => survey.tasks.map((task) => show(task, survey)),
  };
}

/** What runs or is about to run for a task or in its worktree, whoever asked for it: its agent, its set-up, an `exec`, a job. */
export function findRunIn({ runs }: Pick<RegistryReader, "runs">, { id, lease }: Task): Run | undefined {
  const isInside = (directory: string): boolean =>
    lease !== null && (directory === lease.path || directory.startsWith(lease.path + sep));
  return runs.unfinished().find((run) => run.task?.id === id || isInside(run.workingDir));
}

/** Whether the session of the run that drives a task lives. */
export function isLive({ runs }: Pick<RegistryReader, "runs">, { run: id }: Task): boolean {
  const run = id === null ? undefined : runs.find(id);
  return run !== undefined && !hasEnded(run.state) && run.state.status !== "queued";
}
