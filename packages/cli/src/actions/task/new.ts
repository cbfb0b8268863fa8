import { text as readText } from "node:stream/consumers";
import { taskName } from "@orchastration/protocol";
import type { Params, TaskView } from "@orchastration/protocol/contract";
import type { Action } from "../../command.ts";
import { UsageError } from "../../command-error.ts";
import type { Args } from "../../command-spec.ts";
import type { newTask } from "../../commands/task/new.ts";
import type { Context } from "../../context.ts";
import { editFile } from "../../editor/edit-file.ts";
import { printTask } from "../../output/task.ts";
import { hasTerminal } from "../../terminal/has-terminal.ts";
import { startTask } from "./start-and-follow.ts";

export const run: Action<typeof newTask> = async (context, args) => {
  if (args.attach && !hasTerminal(context)) throw noTerminal();
  const { task } = await context.ask("task.create", await paramsOf(context, args));
  const name = taskName(task);
  if (args.edit && task.filePath !== null) await editFile(context, task.filePath);
  if (args.attach || args.start) return await startTask(context, { task: name, isAttached: args.attach, env: [] });
  await printTask(context, task, sentence(task));
  return 0;
};

async function paramsOf(context: Context, args: Args<typeof newTask>): Promise<Params<"task.create">> {
  const message = args.message === "-" ? await readText(context.stdin) : args.message;
  return {
    context: context.caller,
    slug: args.slug,
    ...(args.title === undefined ? {} : { title: args.title }),
    ...(args.base === undefined ? {} : { baseBranch: args.base }),
    ...(args.agent === undefined ? {} : { agent: args.agent }),
    ...(args.label.length === 0 ? {} : { labels: [...args.label] }),
    ...(message === undefined ? {} : { message }),
  };
}

function sentence(task: TaskView): string {
  const name = taskName(task);
  return `Task ${name} is written down in ${task.filePath}. Start it: \`orchastration start ${name}\``;
}

function noTerminal(): UsageError {
  return new UsageError("--attach needs a terminal on stdin and stdout.", "Use --start, and attach later.");
}
