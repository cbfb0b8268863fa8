import { OrchastrationError } from "@orchastration/protocol";
import type { Result } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";
import { gatherOutput, type Output } from "../output/output.ts";
import { exitCodeOfSignal } from "../signals.ts";
import { createWakeUp } from "./wake-up.ts";

type Status = Result<"repository.status">;

/** The terminal cleared, the cursor in its upper left corner. */
const CLEAR_SCREEN = "\u001b[2J\u001b[3J\u001b[H";

/**
 * Prints the state of jobs and tasks, and again whenever that reads otherwise, until a signal comes: after a committed change, and after what somebody
 * did by hand. Changes that come while it prints are one.
 */
export async function watchStatus(
  context: Context,
  print: (status: Status, output: Output) => Promise<void>,
): Promise<number> {
  const interrupted = Promise.withResolvers<number>();
  const dispose = context.signals.onEnding((signal) => interrupted.resolve(exitCodeOfSignal(signal)));
  const client = await context.connectResiliently();
  const wakeUp = createWakeUp();
  const subscription = await client.subscribe({ filter: { names: ["run.*", "task.*", "config.*"] } }, wakeUp.wake);

  const watching = client
    .call("repository.watch", { context: context.caller }, { onProgress: wakeUp.wake })
    .catch((error: unknown) => {
      // A daemon of an earlier version tells of committed changes only.
      if (!(error instanceof OrchastrationError && error.kind === "MethodNotFound")) throw error;
    });

  const watch = async (): Promise<never> => {
    let printed = "";
    for (;;) {
      const status = await client.call("repository.status", { context: context.caller });
      const gathered = gatherOutput(context.output);
      await print(status, gathered.output);
      const text = gathered.text();
      if (text !== printed) {
        if (context.stdout.isTTY && !context.globals.json) context.stdout.write(CLEAR_SCREEN);
        await gathered.say();
      }
      printed = text;
      await wakeUp.next();
    }
  };
  try {
    return await Promise.race([watch(), interrupted.promise, whenLost(subscription.ended), whenLost(watching)]);
  } finally {
    dispose();
    client.close();
  }
}

/** Rejects when it does, and does nothing else: whoever is told less goes on. */
async function whenLost(told: Promise<unknown>): Promise<never> {
  await told;
  return await new Promise<never>(() => {});
}
