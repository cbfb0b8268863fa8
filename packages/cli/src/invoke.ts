import { commands, commandTable } from "./commands/index.ts";
import type { Surroundings } from "./context.ts";
import { createContext } from "./create-context.ts";
import type { Invocation } from "./parse/interpret.ts";

/** Carries out what was read, and answers the exit code of the process. */
export async function invoke(
  { command: spec, globals, args }: Invocation,
  surroundings: Surroundings,
): Promise<number> {
  const command = commands.find((command) => command.spec === spec);
  if (command === undefined) throw new Error(`The command ${spec.name} is in the table twice.`);
  return await command.run(createContext(surroundings, globals, commandTable), args);
}
