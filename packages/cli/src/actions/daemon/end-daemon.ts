import { setTimeout as delay } from "node:timers/promises";
import { OrchastrationError } from "@orchastration/protocol";
import type { ProcessIdentity } from "@orchastration/protocol/contract";
import { isSameProcessAlive, readDaemonEndpoint } from "@orchastration/protocol/node";
import { CommandError } from "../../command-error.ts";
import type { Context } from "../../context.ts";
import { withSpinner } from "../../output/spinner.ts";
import { findDaemon } from "./daemon-state.ts";

/** A daemon that ends its sessions first takes their grace period, which is configurable. */
const DEADLINE_MS = 60_000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

export type DaemonEnd =
  | { readonly wasRunning: false }
  /** `sessions`: how many go on without it; null when the daemon speaks another protocol and could not be asked. */
  | { readonly wasRunning: true; readonly sessions: number | null };

type Request = "stop" | "stop-all";

/**
 * Ends the daemon, by asking or, when it is of a version that does not understand us, by its signal, and waits until the process is gone.
 */
export async function endDaemon(context: Context, request: Request): Promise<DaemonEnd> {
  const reading = readDaemonEndpoint(context.place.stateDir);
  const daemon = reading.isPresent ? reading.endpoint.process : undefined;
  const answer = await ask(context, request);
  if (answer === "not-running") return { wasRunning: false };
  const isOther = answer === "other-protocol";
  if (daemon !== undefined) {
    if (isOther && isSameProcessAlive(daemon)) process.kill(daemon.pid, "SIGTERM");
    // A named socket may lead to another daemon than the record of this state directory.
    const isIt = isOther || answer.pid === daemon.pid;
    if (isIt) await withSpinner(context, () => "waiting for the daemon to end", untilGone(daemon));
  }
  return { wasRunning: true, sessions: isOther ? null : answer.liveSessions };
}

type Answer = "not-running" | "other-protocol" | { readonly pid: number; readonly liveSessions: number };

async function ask(context: Context, request: Request): Promise<Answer> {
  try {
    const client = await findDaemon(context);
    if (client === undefined) return "not-running";
    const { liveSessions } = await client.call("daemon.stop", request === "stop-all" ? { endSessions: true } : {});
    await client.closed;
    return { pid: client.server.serverInfo.pid, liveSessions };
  } catch (error) {
    const isOther = error instanceof OrchastrationError && error.kind === "ProtocolVersionUnsupported";
    // Its sessions can only be ended by asking it.
    if (!isOther || request === "stop-all") throw error;
    return "other-protocol";
  }
}

async function untilGone(identity: ProcessIdentity): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; isSameProcessAlive(identity); pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    if (performance.now() > deadline) {
      throw new CommandError("DaemonDoesNotEnd", `The daemon (pid ${identity.pid}) was asked to end and still runs.`, {
        hint: "`orchastration daemon logs` says what it waits for.",
      });
    }
    await delay(pauseMs);
  }
}
