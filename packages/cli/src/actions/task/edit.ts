import { taskName } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import { UsageError } from "../../command-error.ts";
import type { edit } from "../../commands/task/edit.ts";
import { editFile } from "../../editor/edit-file.ts";
import { printTask } from "../../output/task.ts";

export const run: Action<typeof edit> = async (context, { task: reference, title, base, agent }) => {
  const about = { context: context.caller, task: reference };
  const changes = {
    ...(title === undefined ? {} : { title }),
    ...(base === undefined ? {} : { baseBranch: base }),
    ...(agent === undefined ? {} : { agent }),
  };
  if (Object.keys(changes).length === 0) {
    const { task } = await context.ask("task.get", about);
    if (task.filePath === null) throw configured(taskName(task));
    await editFile(context, task.filePath);
  }
  // Read again after the editor: mistakes are told at once.
  const { task } =
    Object.keys(changes).length === 0
      ? await context.ask("task.get", about)
      : await context.ask("task.edit", { ...about, ...changes });
  for (const problem of task.problems) await context.output.warn(problem);
  await printTask(context, task, `Task ${taskName(task)}: ${task.title}`);
  return task.problems.length === 0 ? 0 : 78;
};

function configured(name: string): UsageError {
  return new UsageError(`Task ${name} is defined in the configuration.`, "orchastration config path names the files.");
}
