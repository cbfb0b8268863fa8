import type { Action } from "../command.ts";
import type { rerun } from "../commands/rerun.ts";
import { runToEnd } from "../follow/run-to-end.ts";
import { sizeOfTerminal } from "../terminal/has-terminal.ts";
import { callersUmask, readVariables, started, wholeEnvironment } from "./run-options.ts";

export const run: Action<typeof rerun> = async (context, args) => {
  const terminal = sizeOfTerminal(context.stdout);
  const params = {
    context: context.caller,
    environment: wholeEnvironment(context.env),
    umask: callersUmask(),
    run: args.run,
    ...(args.env.length === 0 ? {} : { env: readVariables(args.env) }),
    ...(terminal === undefined ? {} : { terminal }),
    ...(args.timeout === undefined ? {} : { timeoutMs: args.timeout * 1_000 }),
  };
  return await runToEnd(context, args.detach, (client) => started(client.call("run.rerun", params)));
};
