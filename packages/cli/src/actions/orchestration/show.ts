import type { Action } from "../../command.ts";
import type { orchestrationShow } from "../../commands/orchestration/show.ts";
import { printOrchestration } from "../../output/orchestration.ts";

export const run: Action<typeof orchestrationShow> = async (context, { orchestration: reference }) => {
  const { orchestration } = await context.ask("orchestration.get", {
    context: context.caller,
    orchestration: reference,
  });
  await printOrchestration(context, orchestration);
  return 0;
};
