import { orchestrationRecordOf, toPlainText } from "@orchastration/protocol";
import type { Action } from "../../command.ts";
import type { orchestrationStop } from "../../commands/orchestration/stop.ts";
import { untilOrchestrationEnded } from "../../follow/orchestration-end.ts";
import { withSpinner } from "../../output/spinner.ts";

export const run: Action<typeof orchestrationStop> = async (context, { orchestration: reference }) => {
  const client = await context.connectResiliently();
  try {
    const asked = await client.call("orchestration.stop", { context: context.caller, orchestration: reference });
    const { name } = asked.orchestration;
    const ending = untilOrchestrationEnded(context, client, asked.orchestration);
    const stopped = await withSpinner(context, () => `stopping ${name}`, ending);
    if (context.globals.json) await context.output.json<"orchestrationRecord">(orchestrationRecordOf(stopped));
    else await context.output.note(toPlainText(`Orchestration ${name} is ${stopped.state.status}.`));
    return 0;
  } finally {
    client.close();
  }
};
