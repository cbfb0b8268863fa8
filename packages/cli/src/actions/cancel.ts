import { jobRecordOf } from "@orchastration/protocol";
import type { Action } from "../command.ts";
import type { cancel } from "../commands/cancel.ts";

export const run: Action<typeof cancel> = async ({ connect, caller, globals, output }, args) => {
  const client = await connect();
  const { run } = await client.call("run.cancel", { context: caller, run: args.run });
  if (globals.json) await output.json<"jobRecord">(jobRecordOf(run));
  else await output.note(`Run ${run.id} is cancelled.`);
  return 0;
};
