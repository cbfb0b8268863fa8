import { taskName } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { complete } from "../../commands/task/complete.ts";
import { printTask } from "../../output/task.ts";

export const run: Action<typeof complete> = async (context, { task: reference, reason, stop }) => {
  const { task } = await context.ask("task.complete", {
    context: context.caller,
    task: reference,
    ...(reason === undefined ? {} : { reason }),
    ...(stop ? { stop } : {}),
  });
  await printTask(context, task, `Task ${taskName(task)} is completed. Next: orchastration merge ${taskName(task)}`);
  return 0;
};
