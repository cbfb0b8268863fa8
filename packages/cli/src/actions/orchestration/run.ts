import type { ResilientClient } from "@orchastration/client";
import { messageOf, OrchastrationError, orchestrationRecordOf, toPlainText } from "@orchastration/protocol";
import type { EventNotification, EventPayload, Orchestration } from "@orchastration/protocol/contract";
import type { Action } from "../../command.ts";
import type { orchestrationRun } from "../../commands/orchestration/run.ts";
import type { Context } from "../../context.ts";
import { type Interruption, listenForInterruption } from "../../follow/interruption.ts";
import { untilOrchestrationEnded } from "../../follow/orchestration-end.ts";
import { orchestrationSummary, printOrchestration } from "../../output/orchestration.ts";
import { exitCodeOfSignal } from "../../signals.ts";
import { callersUmask, readVariables, wholeEnvironment, withinLimits } from "../run-options.ts";

export const run: Action<typeof orchestrationRun> = async (context, args) => {
  const interruption = listenForInterruption(context.signals);
  try {
    const client = await context.connectResiliently();
    if (interruption.stopSignal !== undefined) return exitCodeOfSignal(interruption.stopSignal);
    const { orchestration } = await withinLimits(
      client.call("orchestration.run", {
        context: context.caller,
        orchestration: args.name,
        environment: wholeEnvironment(context.env),
        umask: callersUmask(),
        ...(args.goal === undefined ? {} : { goal: args.goal }),
        ...(args.task === undefined ? {} : { task: args.task }),
        ...(args.resume ? { resume: true } : {}),
        ...(args.env.length === 0 ? {} : { env: readVariables(args.env) }),
      }),
    );
    try {
      if (args.detach) return await printStarted(context, orchestration);
      return await followToEnd(context, client, orchestration, interruption);
    } finally {
      client.close();
    }
  } finally {
    interruption.dispose();
  }
};

async function printStarted({ globals, output }: Context, orchestration: Orchestration): Promise<number> {
  if (globals.json) await output.json<"orchestrationRecord">(orchestrationRecordOf(orchestration));
  else await output.print(orchestration.id);
  return 0;
}

async function followToEnd(
  context: Context,
  client: ResilientClient,
  orchestration: Orchestration,
  interruption: Interruption,
): Promise<number> {
  interruption.onStop(() => void requestStop(context, client, orchestration));
  const ending = untilOrchestrationEnded(context, client, orchestration, (event) => {
    const line = lineOf(orchestration, event);
    if (line !== undefined) void context.output.note(toPlainText(line));
  });
  const detaching = interruption.detached.then((exitCode) => ({ exitCode }));
  const outcome = await Promise.race([ending, detaching]);
  if ("exitCode" in outcome) {
    await context.output
      .note(
        `Orchestration ${orchestration.name} goes on. See: \`orchastration orchestration show ${orchestration.id}\``,
      )
      .catch(() => {});
    return outcome.exitCode;
  }
  await printOrchestration(context, outcome);
  await context.output.note(orchestrationSummary(outcome));
  if (outcome.state.status === "completed") return 0;
  const { stopSignal } = interruption;
  return outcome.state.status === "stopped" && stopSignal !== undefined ? exitCodeOfSignal(stopSignal) : 1;
}

async function requestStop(
  { output, caller, stderr }: Context,
  client: ResilientClient,
  { id, name }: Orchestration,
): Promise<void> {
  try {
    if (stderr.isTTY) await output.note(`\nStopping orchestration ${name}. Press Ctrl-C again to leave it and go.`);
    await client.call("orchestration.stop", { context: caller, orchestration: id });
  } catch (error) {
    // It ended by itself in the meantime.
    if (error instanceof OrchastrationError && error.kind === "IllegalTransition") return;
    await output.warn(`Orchestration ${name} could not be stopped: ${messageOf(error)}`);
  }
}

/** What somebody who waits wants to know of an event. */
function lineOf({ groups }: Orchestration, { name, payload }: EventNotification): string | undefined {
  if (name === "orchestration.stepStarted") {
    // The daemon sends what the contract says for the event's name.
    const { group, place, run } = payload as EventPayload<"orchestration.stepStarted">;
    const follow = run === null ? "" : ` (\`orchastration logs ${run} --follow\`)`;
    return `${groups[group]?.[place]} begins${follow}`;
  }
  if (name === "orchestration.stepEnded") {
    const { group, place, outcome, message } = payload as EventPayload<"orchestration.stepEnded">;
    return `${groups[group]?.[place]} ${outcome}${message === null ? "" : `: ${message}`}`;
  }
  return undefined;
}
