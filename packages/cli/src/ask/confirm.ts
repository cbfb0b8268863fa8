import { createInterface } from "node:readline";
import type { Context } from "../context.ts";

type Asking = Pick<Context, "stdin" | "stderr" | "globals">;

type Answer = "yes" | "no" | "cannot-ask";

/** Asks a person, for whom Enter means what `confirm.default` says. */
export async function confirmAsConfigured(
  context: Asking & Pick<Context, "ask" | "caller">,
  question: string,
): Promise<Answer> {
  if (!canAsk(context)) return "cannot-ask";
  const { entries } = await context.ask("config.get", { context: context.caller });
  const isYesDefault = entries.find(({ key }) => key === "confirm.default")?.value === true;
  return confirm(context, `${question} ${isYesDefault ? "[Y/n]" : "[y/N]"} `, isYesDefault);
}

/** Asks a person. Enter means no unless told otherwise; the end of input and anything but a yes do; a program is not asked. */
export async function confirm(asking: Asking, question: string, isYesDefault = false): Promise<Answer> {
  if (!canAsk(asking)) return "cannot-ask";
  const { stdin, stderr } = asking;
  stderr.write(question);
  const lines = createInterface({ input: stdin, terminal: false });
  for await (const line of lines) {
    const said = line.trim();
    return /^y(es)?$/i.test(said) || (said === "" && isYesDefault) ? "yes" : "no";
  }
  return "no";
}

function canAsk({ stdin, stderr, globals }: Asking): boolean {
  return globals.input && stdin.isTTY === true && stderr.isTTY === true;
}
