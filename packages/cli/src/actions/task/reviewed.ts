import { taskName } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { reviewed } from "../../commands/task/reviewed.ts";
import { printTask } from "../../output/task.ts";

export const run: Action<typeof reviewed> = async (context, { task: reference }) => {
  const { task } = await context.ask("task.review", {
    context: context.caller,
    task: reference,
  });
  await printTask(context, task, `Task ${taskName(task)} is reviewed. Next: \`orchastration merge ${taskName(task)}\``);
  return 0;
};
