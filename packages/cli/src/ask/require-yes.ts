import { CommandError } from "../command-error.ts";
import type { Context } from "../context.ts";
import { confirmAsConfigured } from "./confirm.ts";

/**
 * Asks a person before something is removed; a script, and whoever reads JSON, says --yes instead.
 * `advice`: what to do where nobody can be asked.
 * @throws {CommandError} NotConfirmed
 */
export async function requireYes(context: Context, question: string, advice: string): Promise<void> {
  const answer = context.globals.json ? "cannot-ask" : await confirmAsConfigured(context, question);
  if (answer === "yes") return;
  const hint = answer === "no" ? "Nothing was removed." : advice;
  throw new CommandError("NotConfirmed", "Removing needs a yes, and there was none.", { hint });
}
