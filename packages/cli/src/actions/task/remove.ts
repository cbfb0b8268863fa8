import { taskName, toPlainText } from "@orchastration/protocol";
import { requireYes } from "../../ask/require-yes.ts";
import type { Action } from "../../command.ts";
import type { remove } from "../../commands/task/remove.ts";

export const run: Action<typeof remove> = async (context, { task: reference, yes }) => {
  if (!yes) await requireYes(context, `Remove task ${reference}?`, "Add --yes if you mean it.");
  const { task, backupRef } = await context.ask("task.remove", { context: context.caller, task: reference });
  const name = taskName(task);
  if (context.globals.json) {
    await context.output.json<"removed">({ name, backup_ref: backupRef });
    return 0;
  }
  const back = backupRef === null ? "" : ` Get its work back with: \`git branch <name> ${backupRef}\``;
  await context.output.note(toPlainText(`Task ${name} is removed.${back}`));
  return 0;
};
