import { toPlainText } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { planList } from "../../commands/plan/list.ts";
import { planEntry } from "../../output/plan.ts";

export const run: Action<typeof planList> = async (context) => {
  const { plans } = await context.ask("plan.list", { context: context.caller });
  const entries = plans.map(planEntry);
  if (context.globals.json) {
    await context.output.json<"planList">({ tasks: entries });
    return 0;
  }
  for (const { name, description } of entries) {
    await context.output.print(toPlainText(description === "" ? name : `${name} - ${description}`));
  }
  if (entries.length === 0) {
    await context.output.note(
      "No tasks are configured. `orchastration config path` says where to write [tasks.<name>].",
    );
  }
  return 0;
};
