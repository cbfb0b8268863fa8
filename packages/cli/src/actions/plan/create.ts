import type { Action } from "../../command.ts";
import type { planCreate } from "../../commands/plan/create.ts";
import { printPlan } from "../../output/plan.ts";
import { wholeEnvironment, withinLimits } from "../run-options.ts";

export const run: Action<typeof planCreate> = async (context, { task }) => {
  const client = await context.connect();
  const { plan } = await withinLimits(
    client.call("plan.create", { context: context.caller, task, environment: wholeEnvironment(context.env) }),
  );
  await printPlan(context, plan);
  return 0;
};
