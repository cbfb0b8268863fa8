import { taskName } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { complete } from "../../commands/task/complete.ts";
import { printTask } from "../../output/task.ts";
import { finishTask } from "./finish-task.ts";

export const run: Action<typeof complete> = async (context, args) => {
  const task = await finishTask(context, "task.complete", args);
  await printTask(
    context,
    task,
    `Task ${taskName(task)} is completed. Next: \`orchastration merge ${taskName(task)}\``,
  );
  return 0;
};
