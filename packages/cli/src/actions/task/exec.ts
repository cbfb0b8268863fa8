import type { Action } from "../../command.ts";
import { UsageError } from "../../command-error.ts";
import type { exec } from "../../commands/task/exec.ts";
import { runToEnd } from "../../follow/run-to-end.ts";
import { sizeOfTerminal } from "../../terminal/has-terminal.ts";
import { callersUmask, readVariables, started, wholeEnvironment } from "../run-options.ts";

export const run: Action<typeof exec> = async (context, args) => {
  const [program, ...words] = args.rest;
  if (program === undefined || program === "") {
    throw new UsageError(
      "There is nothing to run.",
      `Write \`orchastration exec ${args.task} -- <program> [args...]\`.`,
    );
  }
  const terminal = sizeOfTerminal(context.stdout);
  const params = {
    context: context.caller,
    task: args.task,
    argv: [program, ...words] as [string, ...string[]],
    environment: wholeEnvironment(context.env),
    umask: callersUmask(),
    ...(args.env.length === 0 ? {} : { env: readVariables(args.env) }),
    ...(terminal === undefined ? {} : { terminal }),
    ...(args.timeout === undefined ? {} : { timeoutMs: args.timeout * 1_000 }),
    ...(args.tty ? { isTty: true } : {}),
  };
  return await runToEnd(context, args.detach, (client) => started(client.call("task.exec", params)));
};
