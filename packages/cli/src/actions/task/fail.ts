import { taskName } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { fail } from "../../commands/task/fail.ts";
import { printTask } from "../../output/task.ts";

export const run: Action<typeof fail> = async (context, { task: reference, reason, stop }) => {
  const { task } = await context.ask("task.fail", {
    context: context.caller,
    task: reference,
    ...(reason === undefined ? {} : { reason }),
    ...(stop ? { stop } : {}),
  });
  await printTask(context, task, `Task ${taskName(task)} has failed. Its worktree and branch stay.`);
  return 0;
};
