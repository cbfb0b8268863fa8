import { OrchastrationError } from "@orchastration/protocol";
import { methods, type Result, type Run } from "@orchastration/protocol/contract";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { startToyDaemon, type ToyOptions } from "../../../../test/support/toy-daemon.ts";
import { type CliOptions, type CliOutcome, runCli, stateDirOf } from "../run-cli.ts";

export const jobs = methods["job.list"].example.result.jobs as unknown as Result<"job.list">["jobs"];
export const run = methods["run.get"].example.result.run as unknown as Run;

/** Runs one command line against a daemon that answers as told. */
export async function withDaemon(
  words: readonly string[],
  handlers: NonNullable<ToyOptions["handlers"]>,
  options: Partial<CliOptions> = {},
): Promise<CliOutcome> {
  const home = options.home ?? temporaryDirectory();
  await using _ = await startToyDaemon({ stateDir: stateDirOf(home), handlers });
  return await runCli(words, { ...options, home });
}

export const fail =
  (...args: ConstructorParameters<typeof OrchastrationError>) =>
  () => {
    throw new OrchastrationError(...args);
  };
