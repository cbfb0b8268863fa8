import { taskName } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { sessionSet } from "../../commands/task/session-set.ts";
import { printTask } from "../../output/task.ts";

export const run: Action<typeof sessionSet> = async (context, { task: reference, sessionId }) => {
  const { task } = await context.ask("session.setConversation", {
    context: context.caller,
    task: reference,
    conversation: sessionId,
  });
  await printTask(context, task, `Task ${taskName(task)} goes on with it: \`orchastration resume ${taskName(task)}\``);
  return 0;
};
