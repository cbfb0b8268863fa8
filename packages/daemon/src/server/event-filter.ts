import type { StoredEvent } from "@orchastration/protocol/contract";

/** What a subscriber wants to see; a part that is absent lets everything through. */
export interface EventFilter {
  readonly entities?: readonly string[] | undefined;
  /** `run.*` stands for every name that begins with `run.`. */
  readonly names?: readonly string[] | undefined;
}

export function createFilter({ entities, names }: EventFilter): (event: StoredEvent) => boolean {
  const wantedEntities = entities && new Set(entities);
  const wantedNames = names && new Set(names);
  const prefixes = (names ?? []).filter((name) => name.endsWith(".*")).map((name) => name.slice(0, -1));
  return ({ entity, name }) =>
    (wantedEntities === undefined || wantedEntities.has(entity)) &&
    (wantedNames === undefined || wantedNames.has(name) || prefixes.some((prefix) => name.startsWith(prefix)));
}
