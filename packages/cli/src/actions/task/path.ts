import type { Action } from "../../command.ts";
import { CommandError } from "../../command-error.ts";
import type { path } from "../../commands/task/path.ts";

export const run: Action<typeof path> = async (context, { task }) => {
  const place = await context.ask("task.path", { context: context.caller, task });
  if (context.globals.json) {
    await context.output.json<"taskPath">(place);
    return 0;
  }
  if (!place.exists) {
    throw new CommandError("NoWorktree", `${place.path} does not exist yet.`, {
      hint: `\`orchastration start ${task}\` makes it.`,
    });
  }
  await context.output.print(place.path);
  return 0;
};
