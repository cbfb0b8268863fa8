import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { OrchastrationError } from "@orchastration/protocol";
import { ROLE_MARKER, SESSION_MARKER } from "@orchastration/protocol/supervisor";

export interface SupervisorLaunch {
  /** The supervisor's entry file. */
  readonly program: string;
  /** Arguments for Node itself; a supervisor run from source needs a resolve condition. */
  readonly nodeArguments: readonly string[];
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Mebibytes in which new objects are made. Every page of memory makes every start of a command slower: it is a fork of the supervisor. */
const SMALL = ["--max-semi-space-size=1"];

/**
 * Starts a supervisor in a session of its own, so that nothing that ends the daemon ends it, and waits until it listens.
 * @throws OrchastrationError SupervisorUnavailable with what the supervisor said about it
 */
export async function launchSupervisor(id: string, launch: SupervisorLaunch): Promise<void> {
  const { [SESSION_MARKER]: _marker, ...env } = launch.env;
  const child = spawn(
    process.execPath,
    [...launch.nodeArguments, ...SMALL, launch.program, "--state-dir", launch.stateDir, "--id", id],
    {
      cwd: "/",
      detached: true,
      env: { ...env, [ROLE_MARKER]: "supervisor" },
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    },
  );
  const failed = once(child, "error").then(([error]) => `error ${String(error)}`);
  // Descriptor 3: one line, `ready` or `error <message>`, then end of file. A supervisor that dies before says nothing.
  const said = (await Promise.race([...readinessOf(child), failed])).trim();
  child.unref();
  if (said === "ready") return;
  const why = said.replace(/^error /, "") || "it ended before it was ready";
  throw new OrchastrationError("SupervisorUnavailable", `the supervisor did not start: ${why}`);
}

/** Without a descriptor left Node gives a child that did not start no streams at all. */
function readinessOf({ stdio }: { readonly stdio?: ChildProcess["stdio"] | undefined }): Promise<string>[] {
  return stdio === undefined ? [] : [text(stdio[3] as Readable)];
}
