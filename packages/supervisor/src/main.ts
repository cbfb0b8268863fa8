import { parseArgs } from "node:util";
import { isId, messageOf } from "@orchastration/protocol";
import { currentPaths } from "@orchastration/protocol/node";
import { systemClock } from "./clock.ts";
import { closeInheritedDescriptors } from "./close-inherited-descriptors.ts";
import { startSupervisor } from "./compose.ts";
import { launcherOfThisProcess } from "./readiness.ts";
import { staySmall } from "./stay-small.ts";

/** EX_UNAVAILABLE of sysexits.h. */
const EXIT_UNAVAILABLE = 69;

staySmall();
const launcher = launcherOfThisProcess();

try {
  const { stateDir, id } = readArguments();
  closeInheritedDescriptors();
  const { runtimeDirs } = currentPaths({ stateDir });
  const supervisor = await startSupervisor({ id, stateDir, runtimeDirs, clock: systemClock });

  // Service managers and terminals signal everything they started; the sessions are to outlive that.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (supervisor.unsettledSessions === 0) return supervisor.end();
      const sessions = supervisor.unsettledSessions;
      supervisor.log.info("signal.ignored", `${signal} is ignored while sessions live.`, { signal, sessions });
    });
  }
  // A defect in one place is no reason to lose the exits of all sessions.
  process.on("uncaughtException", (error) => supervisor.log.error("defect", error.stack ?? error.message));

  launcher.tell("ready");
  await supervisor.ended;
  process.exit(0);
} catch (error) {
  launcher.tell(`error ${messageOf(error)}`);
  process.exit(EXIT_UNAVAILABLE);
}

function readArguments(): { stateDir: string; id: string } {
  const { values } = parseArgs({ options: { "state-dir": { type: "string" }, id: { type: "string" } } });
  const { "state-dir": stateDir, id } = values;
  if (stateDir === undefined || id === undefined)
    throw new Error("usage: supervisor --state-dir <directory> --id <id>");
  if (!isId(id)) throw new Error(`${id} is no id: it names files.`);
  return { stateDir, id };
}
