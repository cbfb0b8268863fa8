import type { ResilientClient } from "@orchastration/client";
import { OrchastrationError } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";
import { followOutput } from "../follow/follow-output.ts";
import type { Interruption } from "../follow/interruption.ts";
import { reportEnd } from "../follow/report-end.ts";
import { untilStarted } from "../follow/run-end.ts";
import { noteIfQueued, requestStop, sayHowToComeBack } from "../follow/while-waiting.ts";
import { write } from "../output/write.ts";
import { exitCodeAfter } from "./after-attach.ts";
import { attachToRun } from "./attach-to-run.ts";

/** Attaches to a run as soon as it has a terminal. `client` is closed: from then on the daemon may go without being missed. */
export async function runInTerminal(
  context: Context,
  client: ResilientClient,
  run: Run,
  interruption: Interruption,
): Promise<number> {
  const { stdout } = context;
  interruption.onStop(() => void requestStop(context, client, run));
  const queueNote = noteIfQueued(context, run);
  try {
    const started = await Promise.race([untilStarted(client, run), interruption.detached]);
    queueNote.cancel();
    if (typeof started === "number") {
      await sayHowToComeBack(context, run, interruption.stopSignal);
      return started;
    }
    interruption.onStop(() => void stopUnseen(context, run));
    const left = await attachToRun(context, {
      // Still ours, should it be over already.
      client: { call: client.call, close: () => {} },
      run: run.id,
      isReadOnly: false,
      screen: stdout,
      from: "beginning",
      leaving: interruption.detached,
    });
    client.close();
    return await exitCodeAfter(context, left, interruption.detached, interruption.stopSignal);
  } catch (error) {
    if (!(error instanceof OrchastrationError && error.kind === "SessionNotLive")) throw error;
    // It was over before we could attach, or never began.
    const stream = { name: "stdout", from: 0, sink: (bytes: Uint8Array) => write(stdout, bytes) } as const;
    const end = await followOutput(client, run, [stream]);
    return await reportEnd(context, client, run, end, interruption.stopSignal);
  } finally {
    queueNote.cancel();
    client.close();
  }
}

/** The screen is the run's: nothing can be said on it, and its end shows whether it was stopped. */
async function stopUnseen(context: Context, run: Run): Promise<void> {
  try {
    const daemon = await context.connect({ mayLaunch: true, isSilent: true });
    await daemon.call("run.stop", { context: context.caller, run: run.id }).finally(() => daemon.close());
  } catch {
    // The second signal leaves the run alone.
  }
}
