import { OrchastrationError } from "@orchastration/protocol";
import type { Context } from "./context.ts";
import { type EndingSignal, exitCodeOfSignal } from "./signals.ts";

/** Does long work of the daemon; the first Ctrl-C gives it up, the next one ends the process at once. */
export async function cancellable(
  { signals }: Pick<Context, "signals">,
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const abort = new AbortController();
  let interruption: EndingSignal | undefined;
  const dispose = signals.onEnding((signal) => {
    dispose();
    interruption = signal;
    abort.abort();
  });
  try {
    return await work(abort.signal);
  } catch (error) {
    const isCancelled = error instanceof OrchastrationError && error.kind === "RequestCancelled";
    if (!isCancelled || interruption === undefined) throw error;
    return exitCodeOfSignal(interruption);
  } finally {
    dispose();
  }
}
