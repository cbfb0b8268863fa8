import type { TaskView } from "@orchastration/protocol/contract";
import type { Args } from "../../command-spec.ts";
import type { complete } from "../../commands/task/complete.ts";
import type { fail } from "../../commands/task/fail.ts";
import type { Context } from "../../context.ts";

type Word = "task.complete" | "task.fail";

/** Says the word that finishes a task. */
export async function finishTask(
  context: Context,
  word: Word,
  { task: reference, reason, stop }: Args<typeof complete | typeof fail>,
): Promise<TaskView> {
  const { task } = await context.ask(word, {
    context: context.caller,
    task: reference,
    ...(reason === undefined ? {} : { reason }),
    ...(stop ? { stop } : {}),
  });
  return task;
}
