import { OrchastrationError } from "@orchastration/protocol";
import type { Actor, AuthoredTask, Params, TaskView } from "@orchastration/protocol/contract";
import { findFreeSlug, slugify } from "../../domain/slug.ts";
import { changeTask } from "../../domain/task-machine.ts";
import type { Registry } from "../../registry/registry.ts";
import type { createTaskFile } from "../../task-files/create-task-file.ts";
import type { TaskFileList } from "../../task-files/list-task-files.ts";
import type { updateTaskFile } from "../../task-files/update-task-file.ts";
import type { KnownTasks, Survey } from "./known-tasks.ts";
import { productFolder, taskFilePath, tasksFolder } from "./task-paths.ts";
import type { TaskViews } from "./task-views.ts";

export interface WriteTasks {
  create(params: Params<"task.create">, actor: Actor): Promise<TaskView>;
  edit(params: Params<"task.edit">, actor: Actor): Promise<TaskView>;
}

export interface WriteTasksDependencies {
  readonly registry: Registry;
  readonly knownTasks: KnownTasks;
  readonly views: TaskViews;
  readonly listTaskFiles: (directory: string) => Promise<TaskFileList>;
  readonly createTaskFile: typeof createTaskFile;
  readonly updateTaskFile: typeof updateTaskFile;
  /** The branch that is checked out where the caller stands; null when none is. */
  readonly currentBranch: (directory: string) => Promise<string | null>;
  /** @throws OrchastrationError GitFailed when there is no such branch */
  readonly requireBranch: (root: string, branch: string) => Promise<void>;
  /** @throws OrchastrationError AgentNotFound */
  readonly requireAgent: (survey: Survey, name: string) => void;
  readonly now: () => Date;
}

export function createWriteTasks(deps: WriteTasksDependencies): WriteTasks {
  const { registry, knownTasks, views, listTaskFiles, createTaskFile, updateTaskFile } = deps;
  const { currentBranch, requireBranch, requireAgent, now } = deps;

  /** The file first: a crash right after it leaves a task that the next look finds. */
  async function write(root: string, params: Params<"task.create">, actor: Actor): Promise<string> {
    const isTaken = (slug: string): boolean => registry.tasks.findByName(root, "file", slug) !== undefined;
    const slug = findFreeSlug(slugify(params.slug), isTaken);
    const baseBranch = params.baseBranch ?? (await currentBranch(params.context.cwd));
    const createdAt = now().toISOString();
    const authored: AuthoredTask = {
      title: params.title ?? params.slug,
      baseBranch,
      agent: params.agent ?? null,
      labels: [...(params.labels ?? [])],
    };
    const { files } = await listTaskFiles(tasksFolder(root));
    const highest = Math.max(registry.tasks.highestNumber(root), ...files.map(({ id }) => id));
    for (let number = highest + 1; ; number += 1) {
      const header = {
        title: authored.title,
        base_branch: baseBranch,
        status: "draft",
        labels: authored.labels,
        created_at: createdAt,
        agent: authored.agent,
        session_id: null,
      };
      const path = await createTaskFile(tasksFolder(root), { id: number, slug, header, body: params.message ?? "" });
      if (path === undefined) continue;
      const declared = { kind: "file", repository: root, number, slug, createdAt } as const;
      return (await registry.commit((tx) => tx.tasks.create(declared, authored, actor))).id;
    }
  }

  return {
    async create(params, actor) {
      const survey = await knownTasks.survey(params.context);
      const { root, isInitialized } = survey;
      if (root === null) {
        throw new OrchastrationError("NoRepository", `${params.context.cwd} lies in no git repository`);
      }
      if (!isInitialized) {
        throw new OrchastrationError("RepositoryNotInitialized", `${productFolder(root)} has no tasks`);
      }
      if (params.agent !== undefined) requireAgent(survey, params.agent);
      if (params.baseBranch !== undefined) await requireBranch(root, params.baseBranch);
      const id = await knownTasks.exclusively(root, () => write(root, params, actor));
      return views.show(registry.tasks.get(id), survey);
    },

    async edit({ context, task: reference, title, baseBranch, agent }, actor) {
      const { task, ...surroundings } = await knownTasks.get(context, reference);
      const path = taskFilePath(task);
      if (path === null) throw notEditable(task.slug);
      if (agent !== undefined) requireAgent({ ...surroundings, tasks: [task] }, agent);
      if (baseBranch !== undefined && surroundings.root !== null) await requireBranch(surroundings.root, baseBranch);
      const authored: AuthoredTask = {
        title: title ?? task.title,
        baseBranch: baseBranch ?? task.baseBranch,
        agent: agent ?? task.agent,
        labels: task.labels,
      };
      await knownTasks.exclusively(task.repository, async () => {
        await updateTaskFile(path, {
          ...(title === undefined ? {} : { title }),
          ...(baseBranch === undefined ? {} : { base_branch: baseBranch }),
          ...(agent === undefined ? {} : { agent }),
        });
        await registry.commit((tx) => tx.tasks.apply(task.id, changeTask(task, { type: "edit", authored }), actor));
      });
      return views.show(registry.tasks.get(task.id), surroundings);
    },
  };
}

function notEditable(name: string): OrchastrationError {
  return new OrchastrationError("NotSupported", `task ${name} is defined in the configuration`, {
    hint: "Change it there; `orchastration config show --origin` names the file.",
  });
}
