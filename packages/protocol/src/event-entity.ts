const RUN = "run:";
const TASK = "task:";
const ORCHESTRATION = "orchestration:";

/** What an event of the log is about is its entity: a run, a task, an orchestration, a supervisor, or `daemon` and `config`, of which there is one each. */
export function entityOfRun(id: string): string {
  return `${RUN}${id}`;
}

export function entityOfTask(id: string): string {
  return `${TASK}${id}`;
}

export function entityOfOrchestration(id: string): string {
  return `${ORCHESTRATION}${id}`;
}

export function entityOfSupervisor(id: string): string {
  return `supervisor:${id}`;
}

/** The id of the run that an entity is, or undefined when it is something else. */
export function runOfEntity(entity: string): string | undefined {
  return entity.startsWith(RUN) ? entity.slice(RUN.length) : undefined;
}

/** The id of the task that an entity is, or undefined when it is something else. */
export function taskOfEntity(entity: string): string | undefined {
  return entity.startsWith(TASK) ? entity.slice(TASK.length) : undefined;
}

/** The id of the orchestration that an entity is, or undefined when it is something else. */
export function orchestrationOfEntity(entity: string): string | undefined {
  return entity.startsWith(ORCHESTRATION) ? entity.slice(ORCHESTRATION.length) : undefined;
}
