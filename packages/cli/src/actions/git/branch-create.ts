import { toPlainText } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { gitBranchCreate } from "../../commands/git/branch-create.ts";

export const run: Action<typeof gitBranchCreate> = async (context, { task }) => {
  const created = await context.ask("git.createBranch", { context: context.caller, task });
  if (context.globals.json) await context.output.json<"branchCreated">(created);
  else await context.output.print(toPlainText(created.branch));
  return 0;
};
