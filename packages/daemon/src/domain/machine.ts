import { OrchastrationError } from "@orchastration/protocol";

/** For each state, the triggers it accepts and where each may lead. What is not listed is refused. */
export type TransitionTable<State extends string, Trigger extends string> = {
  readonly [From in State]: { readonly [On in Trigger]?: readonly State[] };
};

/** How a machine speaks to people: what a trigger does to the entity, and the command that pulls it, where there is one. */
export interface TriggerWords {
  readonly passive: string;
  readonly command?: string;
}

/** What an entity is called in a refusal, and the predicate of each of its states: `is running`, `has failed`. */
export interface EntityWords<S extends string> {
  readonly entity: string;
  readonly states: Readonly<Record<S, string>>;
  /** What to do when nothing more can happen to it. */
  readonly atEnd?: string;
}

/** Throws IllegalTransition, naming the commands that are allowed now, unless the table lists the trigger. */
export function requireTransition<S extends string, T extends string>(
  table: TransitionTable<S, T>,
  triggers: Readonly<Record<T, TriggerWords>>,
  { entity, states, atEnd = "Nothing more can happen to it." }: EntityWords<S>,
  from: S,
  trigger: T,
): readonly S[] {
  const targets = table[from][trigger];
  if (targets !== undefined) return targets;
  const possible = Object.keys(table[from]) as T[];
  // What would leave it as it is helps nobody.
  const isChange = (name: T): boolean => table[from][name]?.some((target) => target !== from) === true;
  const allowed = possible.filter(isChange).flatMap((name) => triggers[name].command ?? []);
  throw new OrchastrationError(
    "IllegalTransition",
    `${entity} ${states[from]}: it cannot be ${triggers[trigger].passive}`,
    {
      details: { entity, from, trigger, allowed },
      hint: allowed.length === 0 ? atEnd : `Possible now: ${allowed.join(", ")}.`,
    },
  );
}
