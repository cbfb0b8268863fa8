import { entityOfRun, entityOfTask, isId, OrchastrationError, parseTaskName } from "@orchastration/protocol";
import type { Context, Run } from "@orchastration/protocol/contract";
import type { RegistryReader } from "../registry/registry.ts";

/**
 * The entity whose events somebody asks for: a run, or a task by its name or, also when it has been removed, by its id. What stands for a run may
 * also be a task's number and slug.
 * @throws OrchastrationError RunNotFound, AmbiguousRun, TaskNotFound, ConfigInvalid
 */
export type FindAuditSubject = (
  context: Context,
  named: { readonly run?: string | undefined; readonly task?: string | undefined },
) => Promise<string>;

export interface FindAuditSubjectDependencies {
  readonly registry: Pick<RegistryReader, "events">;
  readonly findRun: (context: Context, reference: string) => Promise<Run>;
  readonly getTask: (reference: {
    readonly context: Context;
    readonly task: string;
  }) => Promise<{ readonly id: string }>;
}

export function createFindAuditSubject({ registry, findRun, getTask }: FindAuditSubjectDependencies): FindAuditSubject {
  const isTaskId = (reference: string): boolean =>
    isId(reference) && registry.events.entityLinksAfter(entityOfTask(reference), 0, 1).length > 0;

  return async (context, { run, task }) => {
    const reference = task ?? run;
    if (reference === undefined) throw new OrchastrationError("RunNotFound", "neither a run nor a task was named");
    if (isTaskId(reference)) return entityOfTask(reference);
    if (task === undefined && parseTaskName(reference) === undefined) {
      return entityOfRun((await findRun(context, reference)).id);
    }
    return entityOfTask((await getTask({ context, task: reference })).id);
  };
}
