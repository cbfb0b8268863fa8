import { taskName } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { idle } from "../../commands/task/idle.ts";
import { printTask } from "../../output/task.ts";

export const run: Action<typeof idle> = async (context, { task: reference, reason }) => {
  const { task } = await context.ask("task.idle", {
    context: context.caller,
    task: reference,
    ...(reason === undefined ? {} : { reason }),
  });
  await printTask(context, task, `Task ${taskName(task)} is idle.`);
  return 0;
};
