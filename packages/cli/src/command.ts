import type { Args, CommandSpec, ParsedArgs } from "./command-spec.ts";
import type { Context } from "./context.ts";

/** Does the work and answers the exit code of the process. */
export type Action<S extends CommandSpec> = (context: Context, args: Args<S>) => Promise<number>;

export interface Command {
  readonly spec: CommandSpec;
  run(context: Context, args: ParsedArgs): Promise<number>;
}

/** Joins a command with its action, which is loaded when it first runs. */
export function command<S extends CommandSpec>(spec: S, load: () => Promise<{ readonly run: Action<S> }>): Command {
  return {
    spec,
    async run(context, args) {
      const action = await load();
      // The parser builds the arguments from the same record from which their type is derived.
      return action.run(context, args as Args<S>);
    },
  };
}
