/** A task's number and word, as its file, branch and worktree are named: `12-fix-login`. */
export interface TaskName {
  /** From 1; never used again in its repository. */
  readonly id: number;
  /** Begins with a letter; `[a-z0-9-]`, at most 64 characters. */
  readonly slug: string;
}

/** No more digits than a number holds exactly, and no zero before them: one task has one name. */
const PATTERN = /^(?<id>[1-9][0-9]{0,14})-(?<slug>[a-z][a-z0-9-]{0,63})$/;

export function parseTaskName(name: string): TaskName | undefined {
  const groups = PATTERN.exec(name)?.groups;
  const [id, slug] = [groups?.["id"], groups?.["slug"]];
  return id === undefined || slug === undefined ? undefined : { id: Number(id), slug };
}

export function formatTaskName({ id, slug }: TaskName): string {
  return `${id}-${slug}`;
}

/** How people call a task: `3-login`, or the name of a configured one, which has no number. */
export function taskName({ number, slug }: { readonly number: number | null; readonly slug: string }): string {
  return number === null ? slug : formatTaskName({ id: number, slug });
}
