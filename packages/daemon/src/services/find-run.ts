import { isId, isIdPrefix, nearest, OrchastrationError, parseTaskName, taskName } from "@orchastration/protocol";
import type { Run, Task } from "@orchastration/protocol/contract";
import type { RegistryReader } from "../registry/registry.ts";

/** How many runs an ambiguous prefix is answered with. */
const SHOWN_MATCHES = 5;

/** What the caller's directory says about a name. */
export interface Surroundings {
  /** Canonical path of the repository around it. */
  readonly repository: string | null;
  /** Names of the configured jobs. */
  readonly jobs: Iterable<string>;
}

/** A task named by its number, its slug or both. */
function findTask({ tasks }: RegistryReader, reference: string, repository: string | null): Task | undefined {
  const number = parseTaskName(reference)?.id ?? (/^[0-9]{1,9}$/.test(reference) ? Number(reference) : undefined);
  return (
    (repository !== null && number !== undefined ? tasks.findByNumber(repository, number) : undefined) ??
    (repository === null ? undefined : tasks.findByName(repository, "file", reference))
  );
}

/**
 * The run a person means: its id, a unique prefix of it, a task for the run that drives it, or a name for the last run of that name, the caller's
 * repository first.
 * @throws OrchastrationError RunNotFound, AmbiguousRun
 */
export function findRun(reader: RegistryReader, reference: string, { repository, jobs }: Surroundings): Run {
  const exact = isId(reference) ? reader.runs.find(reference) : undefined;
  if (exact !== undefined) return exact;
  const task = findTask(reader, reference, repository);
  const ofTask = task === undefined || task.run === null ? undefined : reader.runs.find(task.run);
  const isTaskName = parseTaskName(reference) !== undefined;
  const named =
    (isTaskName ? ofTask : undefined) ??
    (repository === null ? undefined : reader.runs.lastByName(reference, repository)) ??
    reader.runs.lastByName(reference, null) ??
    ofTask;
  if (named !== undefined) return named;
  const matches = isIdPrefix(reference) ? reader.runs.findByPrefix(reference, SHOWN_MATCHES) : [];
  const [only, ...others] = matches;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    const ids = matches.map(({ id }) => id);
    throw new OrchastrationError("AmbiguousRun", `several runs begin with ${reference}: ${ids.join(", ")}`, {
      details: { reference, ids },
    });
  }
  if (task !== undefined) {
    throw new OrchastrationError("RunNotFound", `task ${taskName(task)} has not been started yet`, {
      details: { reference, nearest: [] },
      hint: `Start it: \`orchastration start ${taskName(task)}\`.`,
    });
  }
  const close = nearest(reference, jobs);
  throw new OrchastrationError("RunNotFound", `no run has the id "${reference}", and nothing of that name has run`, {
    details: { reference, nearest: close },
    ...(close.length === 0
      ? {}
      : { hint: `Did you mean ${close.join(" or ")}? \`orchastration runs\` lists all runs.` }),
  });
}
