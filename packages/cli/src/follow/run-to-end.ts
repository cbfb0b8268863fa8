import type { ResilientClient } from "@orchastration/client";
import { jobRecordOf } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import { OutputError } from "../command-error.ts";
import type { Context } from "../context.ts";
import { isBrokenPipe, write } from "../output/write.ts";
import { type EndingSignal, exitCodeOfSignal } from "../signals.ts";
import { hasTerminal } from "../terminal/has-terminal.ts";
import { type FollowedEnd, followOutput } from "./follow-output.ts";
import { type Interruption, listenForInterruption } from "./interruption.ts";
import { reportEnd } from "./report-end.ts";
import { noteIfQueued, requestStop, sayHowToComeBack } from "./while-waiting.ts";

/** Says how a run ended; answers the exit code for whoever waited for it. */
export type ReportEnd = (
  client: Pick<ResilientClient, "call">,
  run: Run,
  end: FollowedEnd,
  stopSignal: EndingSignal | undefined,
) => Promise<number>;

/**
 * Starts a run, shows its output as it comes, and answers with the child's exit code once the outcome is recorded. Signals: the first stops the
 * run, the second leaves it alone.
 */
export async function runToEnd(
  context: Context,
  isDetached: boolean,
  start: (client: ResilientClient) => Promise<Run>,
  report: ReportEnd = (...ending) => reportEnd(context, ...ending),
): Promise<number> {
  const interruption = listenForInterruption(context.signals);
  try {
    const client = await context.connectResiliently();
    if (interruption.stopSignal !== undefined) return exitCodeOfSignal(interruption.stopSignal);
    const run = await start(client);
    if (isDetached) return await printStarted(context, run);
    if (run.isTty && !context.globals.json && hasTerminal(context)) {
      const { runInTerminal } = await import("../terminal/run-in-terminal.ts");
      return await runInTerminal(context, client, run, interruption);
    }
    return await waitForEnd(context, client, run, interruption, report);
  } finally {
    interruption.dispose();
  }
}

async function printStarted({ globals, output }: Context, run: Run): Promise<number> {
  if (globals.json) await output.json<"jobRecord">(jobRecordOf(run));
  else await output.print(run.id);
  return 0;
}

async function waitForEnd(
  context: Context,
  client: ResilientClient,
  run: Run,
  interruption: Interruption,
  report: ReportEnd,
): Promise<number> {
  interruption.onStop(() => void requestStop(context, client, run));
  const queueNote = noteIfQueued(context, run);
  const streams = context.globals.json ? [] : outputTo(context);
  const ending = followOutput(client, run, streams, queueNote.cancel);
  const detaching = interruption.detached.then((exitCode) => ({ exitCode }));
  try {
    const outcome = await Promise.race([ending, detaching]);
    if ("state" in outcome) return await report(client, run, outcome, interruption.stopSignal);
    await sayHowToComeBack(context, run, interruption.stopSignal);
    return outcome.exitCode;
  } catch (error) {
    if (!isBrokenPipe(error) && !(error instanceof OutputError)) throw error;
    await sayHowToComeBack(context, run, interruption.stopSignal);
    throw error;
  } finally {
    queueNote.cancel();
    client.close();
  }
}

function outputTo({ stdout, stderr }: Context) {
  return [
    { name: "stdout", from: 0, sink: (bytes: Uint8Array) => write(stdout, bytes) },
    { name: "stderr", from: 0, sink: (bytes: Uint8Array) => write(stderr, bytes) },
  ] as const;
}
