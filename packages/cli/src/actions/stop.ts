import { jobRecordOf } from "@orchastration/protocol";
import type { Action } from "../command.ts";
import type { stop } from "../commands/stop.ts";
import { untilEnded } from "../follow/run-end.ts";
import { withSpinner } from "../output/spinner.ts";

export const run: Action<typeof stop> = async (context, args) => {
  const { caller, globals, output } = context;
  const client = await context.connectResiliently();
  const asked = await client.call("run.stop", { context: caller, run: args.run, ...(args.kill ? { kill: true } : {}) });
  const { id } = asked.run;
  const { status } = await withSpinner(context, () => `waiting for run ${id} to end`, untilEnded(client, asked.run));
  if (globals.json) {
    const { run } = await client.call("run.get", { context: caller, run: id });
    await output.json<"jobRecord">(jobRecordOf(run));
  } else {
    await output.note(`Run ${id} is ${status}.`);
  }
  client.close();
  return 0;
};
