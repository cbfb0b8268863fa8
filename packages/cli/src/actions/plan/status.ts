import type { Action } from "../../command.ts";
import type { planStatus } from "../../commands/plan/status.ts";
import { printPlan } from "../../output/plan.ts";

export const run: Action<typeof planStatus> = async (context, { task }) => {
  const { plan } = await context.ask("plan.status", { context: context.caller, task });
  await printPlan(context, plan);
  return 0;
};
