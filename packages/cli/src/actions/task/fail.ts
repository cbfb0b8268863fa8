import { taskName } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { fail } from "../../commands/task/fail.ts";
import { printTask } from "../../output/task.ts";
import { finishTask } from "./finish-task.ts";

export const run: Action<typeof fail> = async (context, args) => {
  const task = await finishTask(context, "task.fail", args);
  await printTask(context, task, `Task ${taskName(task)} has failed. Its worktree and branch stay.`);
  return 0;
};
