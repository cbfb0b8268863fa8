import type { Action } from "../../command.ts";
import { CommandError } from "../../command-error.ts";
import type { open } from "../../commands/task/open.ts";
import { editFile } from "../../editor/edit-file.ts";
import { openFolder } from "../../editor/open-folder.ts";

export const run: Action<typeof open> = async (context, { task, files }) => {
  const { path, exists } = await context.ask("task.path", { context: context.caller, task });
  if (!exists) {
    throw new CommandError("NoWorktree", `${path} does not exist yet.`, {
      hint: `\`orchastration start ${task}\` makes it.`,
    });
  }
  if (!files) {
    await editFile(context, path);
    return 0;
  }
  const failure = await context.execute(openFolder(context.platform, path));
  if (failure !== null) {
    throw new CommandError("FileManagerFailed", `The file manager could not be started: ${failure}.`, {
      hint: `The directory is ${path}.`,
    });
  }
  return 0;
};
