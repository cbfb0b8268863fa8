import { existsSync } from "node:fs";
import { isId, nearest, OrchastrationError, parseTaskName, taskName } from "@orchastration/protocol";
import type { AuthoredTask, Context, DeclaredTask, Task } from "@orchastration/protocol/contract";
import type { TaskDefinition } from "../../config/config.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { DAEMON } from "../../domain/actors.ts";
import { changeTask } from "../../domain/task-machine.ts";
import type { Registry } from "../../registry/registry.ts";
import type { ListedTaskFile, TaskFileList } from "../../task-files/list-task-files.ts";
import type { TaskFileProblem } from "../../task-files/problem.ts";
import type { TaskHeader } from "../../task-files/remember-headers.ts";
import { requireTrustedName } from "../require-trusted-name.ts";
import { taskFilePath, tasksFolder } from "./task-paths.ts";
import { createTurns } from "./turns.ts";

/** What is known from where a caller stands. */
export interface Survey {
  /** Canonical path of the repository around the caller. */
  readonly root: string | null;
  /** Whether the repository has a folder for task files: `init` was there. */
  readonly isInitialized: boolean;
  readonly loaded: LoadedConfig;
  /** Those with a file by number, then the configured ones by name. */
  readonly tasks: readonly Task[];
  readonly problems: readonly TaskFileProblem[];
}

export interface FoundTask extends Omit<Survey, "tasks"> {
  readonly task: Task;
}

export interface KnownTasks {
  /** Task files and configuration are read first: what a person wrote a moment ago counts. @throws OrchastrationError ConfigInvalid */
  survey(context: Context): Promise<Survey>;
  /** @throws OrchastrationError TaskNotFound, ConfigInvalid */
  get(context: Context, reference: string): Promise<FoundTask>;
  /** Runs `step` while no task file of the repository is being read: what it writes is never taken for a file that came from elsewhere. */
  exclusively<T>(repository: string | null, step: () => Promise<T>): Promise<T>;
}

export interface KnownTasksDependencies {
  readonly registry: Registry;
  readonly loadConfig: (context: Context) => Promise<LoadedConfig>;
  readonly listTaskFiles: (directory: string) => Promise<TaskFileList>;
  readonly readHeader: (path: string) => Promise<TaskHeader>;
  readonly now: () => Date;
}

export function createKnownTasks(deps: KnownTasksDependencies): KnownTasks {
  const { registry, loadConfig, listTaskFiles, readHeader, now } = deps;
  /** One after another for each repository: two requests never create one task twice. */
  const reading = createTurns();

  async function readFiles(root: string): Promise<readonly TaskFileProblem[]> {
    const folder = tasksFolder(root);
    const { files, problems } = await listTaskFiles(folder);
    const found: TaskFileProblem[] = [...problems];
    const ambiguous = new Set(files.filter(({ id }, n) => files[n - 1]?.id === id).map(({ id }) => id));
    for (const file of files) {
      if (ambiguous.has(file.id)) continue;
      const { header, problems: mistakes } = await readHeader(file.path);
      found.push(...mistakes);
      if (header === null) continue;
      const authored: AuthoredTask = {
        title: header.title ?? file.slug,
        baseBranch: header.base_branch,
        agent: header.agent,
        labels: [...header.labels],
      };
      const problem = await take(root, file, authored, header.created_at);
      if (problem !== undefined) found.push(problem);
    }
    const isListed = problems.every(({ file }) => file !== folder);
    return isListed ? [...found, ...missingOf(root, files)] : found;
  }

  /** Their tasks are remembered: a file comes back when a branch is switched, or somebody writes it again. */
  function missingOf(root: string, files: readonly ListedTaskFile[]): TaskFileProblem[] {
    const present = new Set(files.map(({ id }) => id));
    return registry.tasks.list(root).flatMap((task) => {
      const path = taskFilePath(task);
      if (path === null || task.number === null || present.has(task.number)) return [];
      return [missingFile(path, taskName(task))];
    });
  }

  /** Brings the registry up to what a file says of a task. */
  async function take(
    root: string,
    { id: number, slug, path }: ListedTaskFile,
    authored: AuthoredTask,
    createdAt: string | null,
  ): Promise<TaskFileProblem | undefined> {
    const known = registry.tasks.findByNumber(root, number);
    if (known !== undefined && known.slug !== slug) {
      return problemOf(path, `task ${number} is called ${taskName(known)}`, `${taskName(known)}.md`);
    }
    if (known !== undefined) {
      await edit(known, authored);
      return undefined;
    }
    if (registry.tasks.isNumberTaken(root, number)) {
      const next = registry.tasks.highestNumber(root) + 1;
      return problemOf(path, `number ${number} belongs to a task that was removed`, `${next}-${slug}.md`);
    }
    if (registry.tasks.findByName(root, "file", slug) !== undefined) {
      return problemOf(path, `another task has the slug ${slug}`, `${number}-${slug}-2.md`);
    }
    const time = createdAt === null || Number.isNaN(Date.parse(createdAt)) ? now() : new Date(createdAt);
    await create({ kind: "file", repository: root, number, slug, createdAt: time.toISOString() }, authored);
    return undefined;
  }

  async function readDefinition(definition: TaskDefinition): Promise<void> {
    const repository = scopeOf(definition);
    const { name, description } = definition;
    const authored: AuthoredTask = { title: description || name, baseBranch: null, agent: null, labels: [] };
    const known = registry.tasks.findByName(repository, "configured", name);
    if (known !== undefined) return edit(known, authored);
    await create(
      { kind: "configured", repository, number: null, slug: name, createdAt: now().toISOString() },
      authored,
    );
  }

  async function edit(task: Task, authored: AuthoredTask): Promise<void> {
    const { title, baseBranch, agent, labels } = task;
    if (isSame({ title, baseBranch, agent, labels }, authored)) return;
    await registry.commit((tx) => tx.tasks.apply(task.id, changeTask(task, { type: "edit", authored }), DAEMON));
  }

  async function create(declared: Omit<DeclaredTask, "id">, authored: AuthoredTask): Promise<void> {
    await registry.commit((tx) => tx.tasks.create(declared, authored, DAEMON));
  }

  async function survey(context: Context): Promise<Survey> {
    const loaded = await loadConfig(context);
    const root = loaded.project.state === "outside" ? null : loaded.project.root;
    const problems = root === null ? [] : await exclusively(root, () => readFiles(root));
    for (const definition of loaded.config.tasks.values()) {
      await exclusively(scopeOf(definition), () => readDefinition(definition));
    }
    const isInitialized = root !== null && existsSync(tasksFolder(root));
    return { root, isInitialized, loaded, problems, tasks: tasksOf(root, loaded) };
  }

  function exclusively<T>(repository: string | null, step: () => Promise<T>): Promise<T> {
    return reading.inTurn(repository ?? "", step);
  }

  function tasksOf(root: string | null, { config }: LoadedConfig): readonly Task[] {
    const own = root === null ? [] : registry.tasks.list(root);
    const global = registry.tasks.list(null);
    // One that configuration names no more is remembered, and not shown.
    return [...own, ...global].filter((task) => task.kind === "file" || isDefined(task, config.tasks.get(task.slug)));
  }

  return {
    survey,
    exclusively,
    async get(context, reference) {
      const { tasks, ...surroundings } = await survey(context);
      const task = findTask(tasks, reference);
      if (task === undefined) throw notFound(reference, tasks, surroundings);
      return { ...surroundings, task };
    },
  };
}

function scopeOf({ scope }: TaskDefinition): string | null {
  return scope.kind === "repository" ? scope.root : null;
}

function isDefined(task: Task, definition: TaskDefinition | undefined): boolean {
  return definition !== undefined && (definition.scope.kind === "repository") === (task.repository !== null);
}

function isSame(a: AuthoredTask, b: AuthoredTask): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A file's task before a configured one of the same name. */
function findTask(tasks: readonly Task[], reference: string): Task | undefined {
  if (/^[0-9]+$/.test(reference)) return tasks.find(({ number }) => number === Number(reference));
  const name = parseTaskName(reference);
  const byName = tasks.find(({ number, slug }) => number === name?.id && slug === name?.slug);
  if (byName !== undefined) return byName;
  const byId = isId(reference) ? tasks.find(({ id }) => id === reference) : undefined;
  return byId ?? tasks.find(({ slug }) => slug === reference);
}

function notFound(
  reference: string,
  tasks: readonly Task[],
  { root, loaded }: Pick<Survey, "root" | "loaded">,
): OrchastrationError {
  requireTrustedName(loaded, "task", reference);
  const where = root === null ? "outside of a repository" : "here";
  const close = nearest(
    reference,
    tasks.flatMap((task) => [task.slug, taskName(task)]),
  );
  return new OrchastrationError("TaskNotFound", `no task is called "${reference}" ${where}`, {
    details: { task: reference, nearest: close },
    ...(close.length === 0 ? {} : { hint: `Did you mean ${close.join(" or ")}?` }),
  });
}

function missingFile(file: string, name: string): TaskFileProblem {
  const message = `the file of task ${name} is gone: write it again, or forget the task with \`orchastration remove ${name}\``;
  const [line, key, expected, suggestion] = [null, null, null, null];
  return { kind: "absent", severity: "warning", file, line, key, message, expected, suggestion };
}

function problemOf(file: string, message: string, suggestion: string): TaskFileProblem {
  return { kind: "bad-name", severity: "error", file, line: null, key: null, message, expected: null, suggestion };
}
