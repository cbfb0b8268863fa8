import type { ResilientClient } from "@orchastration/client";
import { messageOf, OrchastrationError } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";
import type { EndingSignal } from "../signals.ts";

const QUEUE_NOTE_AFTER_MS = 1_000;

export async function requestStop(
  { output, caller, stderr }: Context,
  client: Pick<ResilientClient, "call">,
  run: Run,
): Promise<void> {
  try {
    if (stderr.isTTY) await output.note(`\nStopping run ${run.id}. Press Ctrl-C again to leave it and go.`);
    await client.call("run.stop", { context: caller, run: run.id });
  } catch (error) {
    // It ended by itself in the meantime.
    if (error instanceof OrchastrationError && error.kind === "IllegalTransition") return;
    await output.warn(`Run ${run.id} could not be stopped: ${messageOf(error)}`);
  }
}

/** The terminal may be gone, and with it whoever could read this. */
export async function sayHowToComeBack(
  { output }: Context,
  { id }: Run,
  stopSignal: EndingSignal | undefined,
): Promise<void> {
  const follow = `Follow it with: \`orchastration logs ${id} --follow\`.`;
  const text =
    stopSignal === undefined
      ? `Run ${id} goes on. ${follow} End it with: \`orchastration stop ${id}\``
      : `Run ${id} was asked to stop and may take its grace period. ${follow} Wait for its end with: \`orchastration stop ${id}\``;
  await output.note(text).catch(() => {});
}

export function noteIfQueued({ output, stderr }: Context, run: Run): { cancel: () => void } {
  if (!stderr.isTTY || run.state.status !== "queued") return { cancel: () => {} };
  const text = `Run ${run.id} is queued: as many runs as the configuration allows are in progress.`;
  const timer = setTimeout(() => void output.note(text), QUEUE_NOTE_AFTER_MS);
  return { cancel: () => clearTimeout(timer) };
}
