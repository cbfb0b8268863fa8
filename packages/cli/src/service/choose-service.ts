import { existsSync, lstatSync } from "node:fs";
import { posix } from "node:path";
import { canonicalPath, namesIn, socketPath } from "@orchastration/protocol/node";
import type { Context } from "../context.ts";
import { launchdService } from "./launchd.ts";
import type { Service, ServiceFacts } from "./service.ts";
import { systemdService } from "./systemd.ts";
import { windowsTask } from "./windows-task.ts";

const WRITABLE_BY_OTHERS = 0o022;

type Instance = Pick<Context, "platform" | "place" | "daemonProgram" | "daemonArgs">;

/** The service of this platform for this instance. */
export function chooseService(instance: Instance): Service {
  switch (instance.platform) {
    case "win32":
      return windowsTask(factsOf(instance));
    case "darwin":
      return launchdService(factsOf(instance));
    default:
      return systemdService(factsOf(instance));
  }
}

/** Where systemd listens in the daemon's place; undefined unless `daemon install` told it to, and where another user could listen. */
export function findActivationSocket(instance: Instance): string | undefined {
  const [runtimeDir] = instance.place.runtimeDirs;
  if (instance.platform !== "linux" || runtimeDir === undefined || !isPrivate(runtimeDir)) return undefined;
  const { serviceDir } = instance.place;
  // Its name takes a digest, and the module that makes digests longer to load than everything else before a daemon is launched.
  if (!namesIn(serviceDir).some((name) => name.endsWith(".socket"))) return undefined;
  const { name, socketName } = factsOf(instance);
  return existsSync(posix.join(serviceDir, `${name}.socket`)) ? posix.join(runtimeDir, socketName) : undefined;
}

function isPrivate(directory: string): boolean {
  const stats = lstatSync(directory, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === process.getuid?.() && (stats.mode & WRITABLE_BY_OTHERS) === 0;
}

function factsOf({ place, daemonProgram, daemonArgs }: Instance): ServiceFacts {
  const socket = socketPath({ runtimeDir: "/", stateDir: canonicalPath(place.stateDir) }, "linux");
  const socketName = posix.basename(socket);
  const isDefault = !daemonArgs.includes("--state-dir");
  return {
    name: isDefault ? "orchastration" : `orchastration-${socketName.replace(/\.sock$/, "")}`,
    node: process.execPath,
    daemonProgram,
    daemonArgs,
    serviceDir: place.serviceDir,
    socketName,
    uid: process.getuid?.() ?? 0,
  };
}
