import type { Context } from "../../context.ts";
import { formatArgv } from "../../output/format.ts";
import type { ServiceFile } from "../../service/service.ts";

type Commands = readonly (readonly string[])[];

/** Everything that is about to be written or removed, and executed. */
export async function printService(
  { globals, output }: Context,
  files: readonly ServiceFile[],
  commands: Commands,
  isDryRun: boolean,
): Promise<void> {
  if (globals.json) {
    return await output.json<"service">({
      files: files.map(({ path, content }) => ({ path, content })),
      commands: commands.map((argv) => [...argv]),
      dry_run: isDryRun,
    });
  }
  for (const { path, content } of files) await output.print(`# ${path}\n${content}`);
  for (const argv of commands) await output.print(`$ ${formatArgv(argv)}`);
}

/** Stops at the first failure and says how to go on by hand. */
export async function executeAll({ execute, output }: Context, commands: Commands): Promise<number> {
  for (const [index, argv] of commands.entries()) {
    const failure = await execute(argv);
    if (failure === null) continue;
    await output.warn(`orchastration: ${formatArgv(argv)} failed: ${failure}`);
    const left = commands.slice(index).map((argv) => formatArgv(argv));
    await output.warn(`When that is mended: ${left.join(" && ")}`);
    return 1;
  }
  return 0;
}
