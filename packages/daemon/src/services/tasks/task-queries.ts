import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Params, Result, TaskView } from "@orchastration/protocol/contract";
import type { KnownTasks } from "./known-tasks.ts";
import { taskWorktreePath } from "./task-paths.ts";
import type { TaskViews } from "./task-views.ts";

type Reference = Pick<Params<"task.get">, "context" | "task">;

/** What can be asked about tasks. Every method @throws OrchastrationError TaskNotFound, ConfigInvalid */
export interface TaskQueries {
  list(params: Params<"task.list">): Promise<Result<"task.list">>;
  get(reference: Reference): Promise<TaskView>;
  /** @throws OrchastrationError NotAllowed unless the reference means that task */
  requireOwn(reference: Reference, task: string): Promise<void>;
  path(reference: Reference): Promise<Result<"task.path">>;
}

export interface TaskQueriesDependencies {
  readonly knownTasks: KnownTasks;
  readonly views: TaskViews;
  readonly exists: (path: string) => boolean;
}

export function createTaskQueries({ knownTasks, views, exists }: TaskQueriesDependencies): TaskQueries {
  return {
    async list({ context }) {
      const survey = await knownTasks.survey(context);
      const problems = survey.problems.map(({ file, line, message, suggestion }) => ({
        file,
        line,
        message,
        suggestion,
      }));
      return { repository: survey.root, tasks: views.showAll(survey), problems };
    },
    async get({ context, task: reference }) {
      const { task, ...surroundings } = await knownTasks.get(context, reference);
      return views.show(task, surroundings);
    },
    async requireOwn({ context, task: reference }, own) {
      const { task } = await knownTasks.get(context, reference);
      if (task.id === own) return;
      throw new OrchastrationError("NotAllowed", `task ${taskName(task)} is not this agent's own`);
    },
    async path({ context, task: reference }) {
      const { task, loaded } = await knownTasks.get(context, reference);
      const path = taskWorktreePath(task, loaded.config);
      if (path === null) throw new Error(`task ${task.slug} has no directory`);
      return { path, exists: exists(path) };
    },
  };
}
