import type { DaemonClient } from "@orchastration/client";
import type { Run } from "@orchastration/protocol/contract";
import type { Action } from "../command.ts";
import { UsageError } from "../command-error.ts";
import type { attach } from "../commands/attach.ts";
import type { Context } from "../context.ts";
import { hasStarted, untilStarted } from "../follow/run-end.ts";
import { noteIfQueued } from "../follow/while-waiting.ts";
import { exitCodeOfSignal } from "../signals.ts";
import { exitCodeAfter, reportStay } from "../terminal/after-attach.ts";
import { attachToRun } from "../terminal/attach-to-run.ts";
import { screenOf } from "../terminal/has-terminal.ts";

export const run: Action<typeof attach> = async (context, args) => {
  const screen = screenOf(context);
  if (screen === undefined) throw needsTerminal(args.run);
  const leaving = Promise.withResolvers<number>();
  const dispose = context.signals.onEnding((signal) => leaving.resolve(exitCodeOfSignal(signal)));
  const client = await context.connect();
  try {
    const started = await waitForStart(context, client, args.run, leaving.promise);
    if (typeof started === "number") return started;
    const left = await attachToRun(context, {
      client,
      run: started.id,
      isReadOnly: args.readOnly,
      screen,
      from: "screen",
      leaving: leaving.promise,
    });
    const finish = context.globals.json ? reportStay : exitCodeAfter;
    return await finish(context, left, leaving.promise);
  } finally {
    dispose();
  }
};

/** A run that was only just asked for will have a terminal; one in the queue may take its time. */
async function waitForStart(
  context: Context,
  daemon: Pick<DaemonClient, "call">,
  reference: string,
  leaving: Promise<number>,
): Promise<Run | number> {
  const { run } = await daemon.call("run.get", { context: context.caller, run: reference });
  if (hasStarted(run.state)) return run;
  const client = await context.connectResiliently();
  try {
    const queueNote = noteIfQueued(context, run);
    return await Promise.race([untilStarted(client, run).then(() => run), leaving]).finally(queueNote.cancel);
  } finally {
    client.close();
  }
}

function needsTerminal(run: string): UsageError {
  return new UsageError(
    "attach needs a terminal on stdin and stdout.",
    `Without one, \`orchastration session screen ${run}\` prints what it shows, \`orchastration logs ${run} --follow\` all of its output, and \`orchastration session send ${run} --text\` types.`,
  );
}
