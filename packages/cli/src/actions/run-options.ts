import { OrchastrationError } from "@orchastration/protocol";
import type { Run } from "@orchastration/protocol/contract";
import { CommandError, UsageError } from "../command-error.ts";

/** `NAME=VALUE` words to variables; the last of a name counts. */
export function readVariables(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const end = word.indexOf("=");
      if (end < 1) throw new UsageError(`--env got "${word}".`, "Write --env NAME=VALUE.");
      return [word.slice(0, end), word.slice(end + 1)];
    }),
  );
}

/** The caller's environment, as a request carries it. */
export function wholeEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** File mode creation mask of this process. It can only be read by setting it; nothing here makes files meanwhile. */
export function callersUmask(): number {
  const umask = process.umask(0o077);
  process.umask(umask);
  return umask;
}

/** The run a request answers with. */
export async function started(answer: Promise<{ readonly run: Run }>): Promise<Run> {
  return (await withinLimits(answer)).run;
}

/** The answer to a request that carries an environment. What makes such a request too long is what the command is to be given. */
export async function withinLimits<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof OrchastrationError) || error.kind !== "LimitExceeded") throw error;
    throw new CommandError("EnvironmentTooLarge", "The environment and the arguments of the command are too large.", {
      hint: `Together they may take about 1 MiB. Leave large variables out, for instance with env -u NAME. (${error.message})`,
    });
  }
}
