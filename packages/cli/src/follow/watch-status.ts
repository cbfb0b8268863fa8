import type { Result } from "@orchastration/protocol/contract";
import type { Context } from "../context.ts";
import { exitCodeOfSignal } from "../signals.ts";
import { createWakeUp } from "./wake-up.ts";

type Status = Result<"repository.status">;

/** The terminal cleared, the cursor in its upper left corner. */
const CLEAR_SCREEN = "\u001b[2J\u001b[3J\u001b[H";

/** Prints the state of jobs and tasks, and again after every change, until a signal comes. Changes that come while it prints are one. */
export async function watchStatus(context: Context, print: (status: Status) => Promise<void>): Promise<number> {
  const interrupted = Promise.withResolvers<number>();
  const dispose = context.signals.onEnding((signal) => interrupted.resolve(exitCodeOfSignal(signal)));
  const client = await context.connectResiliently();
  const wakeUp = createWakeUp();
  const subscription = await client.subscribe({ filter: { names: ["run.*", "task.*", "config.*"] } }, wakeUp.wake);

  const watch = async (): Promise<never> => {
    for (;;) {
      const status = await client.call("repository.status", { context: context.caller });
      if (context.stdout.isTTY && !context.globals.json) context.stdout.write(CLEAR_SCREEN);
      await print(status);
      await Promise.race([wakeUp.next(), subscription.ended]);
    }
  };
  try {
    return await Promise.race([watch(), interrupted.promise]);
  } finally {
    dispose();
    client.close();
  }
}
