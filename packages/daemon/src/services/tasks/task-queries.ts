import { OrchastrationError, taskName } from "@orchastration/protocol";
import type { Params, Result, Task, TaskView } from "@orchastration/protocol/contract";
import type { KnownTasks } from "./known-tasks.ts";
import { taskWorktreePath } from "./task-paths.ts";
import type { TaskViews } from "./task-views.ts";
import type { FindWorktreeProblems, WorktreeProblem } from "./worktree-problems.ts";

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
  readonly findWorktreeProblems: FindWorktreeProblems;
  readonly exists: (path: string) => boolean;
}

export function createTaskQueries(deps: TaskQueriesDependencies): TaskQueries {
  const { knownTasks, views, findWorktreeProblems, exists } = deps;

  const findProblems = async (root: string | null, tasks: readonly Task[]): Promise<readonly WorktreeProblem[]> =>
    root === null ? [] : await findWorktreeProblems(root, tasks);

  const withProblems = (view: TaskView, found: readonly WorktreeProblem[]): TaskView => ({
    ...view,
    problems: [...view.problems, ...found.filter(({ task }) => task === view.id).map(({ message }) => message)],
  });

  return {
    async list({ context }) {
      const survey = await knownTasks.survey(context);
      const found = await findProblems(survey.root, survey.tasks);
      return {
        repository: survey.root,
        isInitialized: survey.isInitialized,
        tasks: views.showAll(survey).map((view) => withProblems(view, found)),
        problems: [
          ...survey.problems.map(({ file, line, message, suggestion }) => ({ file, line, message, suggestion })),
          ...found.map(({ file, message }) => ({ file, line: null, message, suggestion: null })),
        ],
      };
    },
    async get({ context, task: reference }) {
      const { task, ...surroundings } = await knownTasks.get(context, reference);
      return withProblems(views.show(task, surroundings), await findProblems(surroundings.root, [task]));
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
