import type { ResilientClient } from "@orchastration/client";
import type { Params } from "@orchastration/protocol/contract";
import type { Action } from "../command.ts";
import { UsageError } from "../command-error.ts";
import type { Args } from "../command-spec.ts";
import type { run as command } from "../commands/run.ts";
import { runToEnd } from "../follow/run-to-end.ts";
import { sizeOfTerminal } from "../terminal/has-terminal.ts";
import { callersUmask, readVariables, started, wholeEnvironment } from "./run-options.ts";

type RunParams = Params<"job.run">;

export const run: Action<typeof command> = async (context, args) => {
  const terminal = sizeOfTerminal(context.stdout);
  const params: RunParams = {
    context: context.caller,
    environment: wholeEnvironment(context.env),
    umask: callersUmask(),
    target: targetOf(args),
    ...(args.env.length === 0 ? {} : { env: readVariables(args.env) }),
    ...(terminal === undefined ? {} : { terminal }),
    ...(args.timeout === undefined ? {} : { timeoutMs: args.timeout * 1_000 }),
    ...(args.tty ? { isTty: true } : {}),
  };
  const start = (client: ResilientClient) => started(client.call("job.run", params));
  if (!args.checkReproducible) return await runToEnd(context, args.detach, start);
  const { checkReproducible } = await import("../follow/check-reproducible.ts");
  return await checkReproducible(context, args, start);
};

function targetOf({ job, rest }: Args<typeof command>): RunParams["target"] {
  if (job !== undefined) return rest.length === 0 ? { job } : { job, extraArgs: [...rest] };
  const [program, ...words] = rest;
  if (program === undefined || program === "") {
    throw new UsageError(
      "There is nothing to run.",
      "Write `orchastration run <job>`, or `orchastration run -- <program> [args...]`.",
    );
  }
  return { argv: [program, ...words] };
}
