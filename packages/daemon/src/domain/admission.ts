/** A run as far as admission is concerned. */
export interface Candidate {
  readonly id: string;
  readonly group: string | null;
  /** Higher first. */
  readonly priority: number;
}

export interface Limits {
  /** Live sessions at once; null: no limit. */
  readonly concurrency: number | null;
  readonly groups: ReadonlyMap<string, { readonly concurrency: number | null }>;
}

/**
 * Which queued runs may start now, in starting order: by priority, then by age (`queued` is oldest first). A full group holds back its own
 * members only; nothing younger overtakes within a group.
 */
export function admit<C extends Candidate>(
  queued: Iterable<C>,
  live: readonly Pick<Candidate, "group">[],
  limits: Limits,
): readonly C[] {
  if (live.length >= (limits.concurrency ?? Number.POSITIVE_INFINITY)) return [];
  const free = (limit: number | null, used: number): number => (limit ?? Number.POSITIVE_INFINITY) - used;
  const freeInGroup = new Map<string, number>();
  for (const [name, { concurrency }] of limits.groups) {
    freeInGroup.set(name, free(concurrency, live.filter((run) => run.group === name).length));
  }
  let freeOverall = free(limits.concurrency, live.length);
  const admitted: C[] = [];
  for (const candidate of [...queued].sort((a, b) => b.priority - a.priority)) {
    if (freeOverall <= 0) break;
    const inGroup = freeInGroup.get(candidate.group ?? "") ?? Number.POSITIVE_INFINITY;
    if (inGroup <= 0) continue;
    freeInGroup.set(candidate.group ?? "", inGroup - 1);
    freeOverall -= 1;
    admitted.push(candidate);
  }
  return admitted;
}
