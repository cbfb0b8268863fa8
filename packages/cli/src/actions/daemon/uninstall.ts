import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { Action } from "../../command.ts";
import type { daemonUninstall } from "../../commands/daemon/uninstall.ts";
import { chooseService } from "../../service/choose-service.ts";
import { executeAll, printService } from "./service-steps.ts";

export const run: Action<typeof daemonUninstall> = async (context, { dryRun }) => {
  const { files, uninstallCommands } = chooseService(context);
  const present = files.filter(({ path }) => existsSync(path));
  const commands = present.length === 0 ? [] : uninstallCommands;
  await printService(context, present, commands, dryRun);
  if (present.length === 0) await context.output.note("Nothing is installed.");
  if (dryRun || present.length === 0) return 0;
  const exitCode = await executeAll(context, commands);
  for (const { path } of present) await rm(path, { force: true });
  return exitCode;
};
