import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { finishedGroups, nearest, newId, OrchastrationError, taskName, VERSION } from "@orchastration/protocol";
import type {
  Actor,
  AgentRole,
  DeclaredOrchestration,
  Orchestration,
  Params,
  SharedContext,
} from "@orchastration/protocol/contract";
import type { Config, OrchestrationDefinition } from "../../config/config.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { hasOrchestrationEnded } from "../../domain/orchestration-machine.ts";
import { emptyContext } from "../../domain/shared-context.ts";
import type { Registry } from "../../registry/registry.ts";
import { requireTrustedName } from "../require-trusted-name.ts";
import type { FoundTask, KnownTasks } from "../tasks/known-tasks.ts";
import { taskWorktreePath } from "../tasks/task-paths.ts";

/** An orchestration as it will be started, before it has its place on disk. */
export type OrchestrationDraft = Omit<DeclaredOrchestration, "record">;

export interface DeclareOrchestrationDependencies {
  readonly registry: Pick<Registry, "orchestrations">;
  readonly loadConfig: (context: Params<"orchestration.run">["context"]) => Promise<LoadedConfig>;
  readonly knownTasks: Pick<KnownTasks, "get">;
  readonly now: () => Date;
}

/** Everything that can be refused is, before anything is recorded. */
export function createDeclareOrchestration(deps: DeclareOrchestrationDependencies) {
  const { registry, loadConfig, knownTasks, now } = deps;

  return async (params: Params<"orchestration.run">, actor: Actor): Promise<OrchestrationDraft> => {
    const loaded = await loadConfig(params.context);
    const definition = findDefinition(loaded, params.orchestration);
    const repository = definition.scope.kind === "repository" ? definition.scope.root : null;
    const found = params.task === undefined ? undefined : await knownTasks.get(params.context, params.task);
    const task = found === undefined ? null : taskName(found.task);
    const earlier =
      params.resume === true
        ? findResumable(registry.orchestrations.findLast({ name: definition.name, repository, task }), definition)
        : undefined;
    const bindings = bindingsOf(definition, loaded.config);
    const workedOn = earlier?.task ?? task;
    requireTask(definition, bindings, workedOn);
    const context = earlier === undefined ? emptyContext(null) : contextToResume(earlier);
    return {
      id: newId(),
      name: definition.name,
      repository,
      groups: definition.steps.map((roles) => [...roles]),
      bindings,
      task: workedOn,
      workingDir: earlier?.workingDir ?? directoryOf(found, repository ?? params.context.cwd),
      resumes: earlier === undefined ? null : { orchestration: earlier.id, groups: finishedGroups(earlier) },
      context: params.goal === undefined ? context : { ...context, "plan.goal": params.goal },
      requestedBy: actor,
      startedAt: now().toISOString(),
      binaryVersion: VERSION,
    };
  };
}

/** @throws OrchastrationError OrchestrationNotFound, NotTrusted */
export function findDefinition(loaded: LoadedConfig, name: string): OrchestrationDefinition {
  const { config } = loaded;
  const definition = config.orchestrations.get(name);
  if (definition !== undefined) return definition;
  requireTrustedName(loaded, "orchestration", name);
  const names = [...config.orchestrations.keys()];
  const close = nearest(name, names);
  throw new OrchastrationError("OrchestrationNotFound", `no orchestration is named "${name}"`, {
    details: { orchestration: name, nearest: close },
    ...(close.length === 0 ? {} : { hint: `Did you mean ${close.join(" or ")}?` }),
  });
}

function findResumable(last: Orchestration | undefined, { name, steps }: OrchestrationDefinition): Orchestration {
  const refuse = (why: string): OrchastrationError =>
    new OrchastrationError("OrchestrationNotResumable", `orchestration ${name} cannot be resumed: ${why}`, {
      details: { orchestration: name },
    });
  if (last === undefined) throw refuse("it has never been run");
  if (!hasOrchestrationEnded(last)) throw busy(last);
  if (last.state.status === "completed") throw refuse("its newest run has completed");
  if (!isDeepStrictEqual(last.groups, steps)) throw refuse("the configuration has other roles or groups by now");
  return last;
}

export function busy({ id, name }: Orchestration): OrchastrationError {
  return new OrchastrationError("OrchestrationBusy", `orchestration ${name} is being run already, as ${id}`, {
    details: { orchestration: id },
  });
}

function bindingsOf({ steps }: OrchestrationDefinition, { agents }: Config): DeclaredOrchestration["bindings"] {
  const bound = [...new Set(steps.flat())].flatMap((role) => {
    const agent = agents.get(role);
    return agent === undefined ? [] : [[role, agent.argv] as const];
  });
  return Object.fromEntries(bound);
}

/** A role that is built in works on a task of the configuration. */
function requireTask(
  { name, steps }: OrchestrationDefinition,
  bindings: DeclaredOrchestration["bindings"],
  task: string | null,
): void {
  const needing = steps.flat().find((role: AgentRole) => bindings[role] === undefined);
  if (task !== null || needing === undefined) return;
  throw new OrchastrationError("TaskRequired", `${needing} of orchestration ${name} needs a task to work on`, {
    details: { role: needing },
  });
}

/** As the roles of the first group that is done again found it: what an unfinished group wrote, it writes again. */
function contextToResume(earlier: Orchestration): SharedContext {
  const newest = Math.max(-1, ...earlier.steps.map(({ group }) => group));
  return newest >= finishedGroups(earlier) ? earlier.groupContext : earlier.context;
}

function directoryOf(found: FoundTask | undefined, otherwise: string): string {
  if (found === undefined) return otherwise;
  const name = taskName(found.task);
  const directory = taskWorktreePath(found.task, found.loaded.config);
  if (directory !== null && existsSync(directory)) return directory;
  throw new OrchastrationError("WorkingDirectoryInvalid", `task ${name} has no directory to work in yet`, {
    details: { path: directory },
    hint:
      found.task.kind === "file"
        ? `\`orchastration start ${name}\` makes its worktree.`
        : `Make it, or correct tasks.${name}.working_dir.`,
  });
}
