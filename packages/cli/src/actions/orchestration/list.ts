import { orchestrationRecordOf } from "@orchastration/protocol";
import type { OrchestrationView } from "@orchastration/protocol/contract";
import type { Action } from "../../command.ts";
import type { orchestrationList } from "../../commands/orchestration/list.ts";

export const run: Action<typeof orchestrationList> = async (context) => {
  const { orchestrations } = await context.ask("orchestration.list", { context: context.caller });
  if (context.globals.json) {
    await context.output.json<"orchestrationList">({
      orchestrations: orchestrations.map(({ last, ...view }) => ({
        ...view,
        last: last === null ? null : orchestrationRecordOf(last),
      })),
    });
    return 0;
  }
  const { printTable } = await import("../../output/table.ts");
  await printTable(context, columns, orchestrations);
  if (orchestrations.length === 0) {
    await context.output.note("No orchestrations are configured: [orchestrations.<name>] in the configuration.");
  }
  return 0;
};

const columns = [
  { title: "ORCHESTRATION", value: ({ name }: OrchestrationView) => name },
  { title: "ROLES", value: ({ groups }: OrchestrationView) => groups.map((roles) => roles.join(" + ")).join(", ") },
  { title: "LAST", value: ({ last }: OrchestrationView) => last?.state.status ?? "-" },
  { title: "DESCRIPTION", value: ({ description }: OrchestrationView) => description },
];
