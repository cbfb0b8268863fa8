import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFileAtomically } from "@orchastration/protocol/node";
import type { Action } from "../../command.ts";
import type { daemonInstall } from "../../commands/daemon/install.ts";
import { chooseService } from "../../service/choose-service.ts";
import { endDaemon } from "./end-daemon.ts";
import { executeAll, printService } from "./service-steps.ts";

const READABLE_BY_ALL = 0o644;

export const run: Action<typeof daemonInstall> = async (context, { dryRun }) => {
  const service = chooseService(context);
  await printService(context, service.files, service.installCommands, dryRun);
  if (dryRun) {
    await context.output.note("Nothing was written.");
    return 0;
  }
  for (const { path, content, encoding } of service.files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(path, Buffer.from(content, encoding), { mode: READABLE_BY_ALL });
  }
  // The system listens in its place; sessions go on.
  await endDaemon(context, "stop");
  const exitCode = await executeAll(context, service.installCommands);
  await context.output.note(service.advice);
  return exitCode;
};
