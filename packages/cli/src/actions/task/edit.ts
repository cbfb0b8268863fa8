import { taskName } from "@orchastration/protocol";
import type { Params, Result } from "@orchastration/protocol/contract";
import type { Action } from "../../command.ts";
import { UsageError } from "../../command-error.ts";
import type { edit } from "../../commands/task/edit.ts";
import type { Context } from "../../context.ts";
import { editFile } from "../../editor/edit-file.ts";
import { printTask } from "../../output/task.ts";

export const run: Action<typeof edit> = async (context, { task: reference, title, base, agent }) => {
  const about = { context: context.caller, task: reference };
  const changes = {
    ...(title === undefined ? {} : { title }),
    ...(base === undefined ? {} : { baseBranch: base }),
    ...(agent === undefined ? {} : { agent }),
  };
  const hasChanges = Object.keys(changes).length > 0;
  const { task } = hasChanges
    ? await context.ask("task.edit", { ...about, ...changes })
    : await editByHand(context, about);
  for (const problem of task.problems) await context.output.warn(problem);
  await printTask(context, task, `Task ${taskName(task)}: ${task.title}`);
  return task.problems.length === 0 ? 0 : 78;
};

async function editByHand(context: Context, about: Params<"task.get">): Promise<Result<"task.get">> {
  const { task } = await context.ask("task.get", about);
  if (task.filePath === null) throw configured(taskName(task));
  await editFile(context, task.filePath);
  // Read again, so that mistakes are told at once.
  return await context.ask("task.get", about);
}

function configured(name: string): UsageError {
  return new UsageError(
    `Task ${name} is defined in the configuration.`,
    "`orchastration config path` names the files.",
  );
}
