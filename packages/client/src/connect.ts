import { watch } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { basename } from "node:path";
import {
  agreeOnVersion,
  messageOf,
  OrchastrationError,
  PROTOCOL_VERSIONS,
  VERSION,
  type VersionRange,
} from "@orchastration/protocol";
import {
  createSocketTransport,
  type DaemonEndpoint,
  daemonEndpointPath,
  errorCode,
  monotonicMs,
  readDaemonEndpoint,
} from "@orchastration/protocol/node";
import { ConnectionClosedError } from "@orchastration/protocol/rpc";
import { type ClientInfo, createClient, type DaemonClient, type OnOpen, type OnTrouble } from "./client.ts";
import { DaemonUnreachableError } from "./client-error.ts";
import type { LaunchOptions } from "./launch-daemon.ts";

export interface ConnectOptions {
  readonly stateDir: string;
  /** Connect here and nowhere else: the state directory's record is not read, and nothing is launched. */
  readonly socket?: string | undefined;
  readonly clientInfo: ClientInfo;
  /** How to start the daemon when none runs; absent or false: not at all. */
  readonly launch?: LaunchOptions | false;
  /** Where a service manager listens that starts the daemon when somebody connects; asked for when no daemon is found, before launching one. */
  readonly activationSocket?: () => string | undefined;
  /** Milliseconds until it gives up, launching included. Default: 20 seconds. */
  readonly deadlineMs?: number;
  /** Called for every connection that is tried, before the daemon has answered on it: a request sent here saves a round trip. */
  readonly onOpen?: OnOpen;
  /** What the daemon cannot do, and therefore lets clients wait for; null when it can again. */
  readonly onTrouble?: OnTrouble;
}

export const DEFAULT_DEADLINE_MS = 20_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** When somebody else holds the instance lock and still nobody listens after so long, that one may have died: try to launch again. */
const RELAUNCH_AFTER_MS = 1_000;

/**
 * Connects to the daemon of a state directory, starting it when told how.
 * @throws {DaemonUnreachableError} @throws {OrchastrationError} ProtocolVersionUnsupported
 */
export async function connect(options: ConnectOptions): Promise<DaemonClient> {
  const attempt = await tryToConnect(options);
  if (attempt.isConnected) return attempt.client;
  return await launchAndConnect(options, attempt.reason);
}

async function launchAndConnect(options: ConnectOptions, absence: string): Promise<DaemonClient> {
  const { stateDir, socket, launch, activationSocket, deadlineMs = DEFAULT_DEADLINE_MS } = options;
  if (socket !== undefined || launch === undefined || launch === false) throw unreachable(absence);
  const activation = activationSocket?.();
  const activated = activation === undefined ? undefined : await tryToConnectAt(activation, options);
  if (activated?.isConnected) return activated.client;
  const { launchDaemon } = await import("./launch-daemon.ts");
  const deadline = monotonicMs() + deadlineMs;
  let launchAt = 0;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    if (monotonicMs() >= launchAt) {
      const outcome = await launchDaemon(launch, deadline - monotonicMs());
      if (outcome.status === "failed") throw new DaemonUnreachableError(outcome.message, outcome.hint);
      launchAt = monotonicMs() + RELAUNCH_AFTER_MS;
    }
    const attempt = await tryToConnect(options);
    if (attempt.isConnected) return attempt.client;
    if (monotonicMs() >= deadline) throw unreachable(`${attempt.reason} after ${deadlineMs / 1_000} s of trying`);
    await recordChange(stateDir, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

type Attempt =
  | { readonly isConnected: true; readonly client: DaemonClient }
  | { readonly isConnected: false; readonly reason: string };

async function tryToConnect(options: ConnectOptions): Promise<Attempt> {
  const { stateDir, socket } = options;
  if (socket !== undefined) return await tryToConnectAt(socket, options);
  const record = readDaemonEndpoint(stateDir);
  if (!record.isPresent) return { isConnected: false, reason: `no daemon runs for ${stateDir}` };
  refuseOtherProtocol(record.endpoint);
  return await tryToConnectAt(record.endpoint.socket, options);
}

async function tryToConnectAt(
  path: string,
  { stateDir, clientInfo, onOpen, onTrouble }: ConnectOptions,
): Promise<Attempt> {
  try {
    const connection = await openSocket(path);
    if (process.platform === "win32") await (await import("./windows-pipe.ts")).proveOurselves(connection, stateDir);
    return {
      isConnected: true,
      client: await createClient(createSocketTransport(connection), clientInfo, onOpen, onTrouble),
    };
  } catch (error) {
    if (!isAbsence(error)) throw asUnreachable(error, path);
    return { isConnected: false, reason: `no daemon answers at ${path}` };
  }
}

function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

/** Nobody listens, too many wait to be accepted, or the listener is just ending. */
function isAbsence(error: unknown): boolean {
  if (error instanceof ConnectionClosedError) return true;
  return ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE", "EAGAIN"].includes(errorCode(error) ?? "");
}

function asUnreachable(error: unknown, path: string): unknown {
  return errorCode(error) === undefined
    ? error
    : new DaemonUnreachableError(
        `The daemon's socket ${path} cannot be used: ${messageOf(error)}.`,
        "Check who owns the socket and its directory; `orchastration doctor` looks at both.",
        { cause: error },
      );
}

function unreachable(reason: string): DaemonUnreachableError {
  return new DaemonUnreachableError(
    `The daemon cannot be reached: ${reason}.`,
    "Start it with `orchastration daemon start`; `orchastration daemon logs` says why it ended.",
  );
}

function refuseOtherProtocol({ version, protocolVersions }: DaemonEndpoint): void {
  if (agreeOnVersion(PROTOCOL_VERSIONS, protocolVersions) !== undefined) return;
  throw new OrchastrationError(
    "ProtocolVersionUnsupported",
    `This is version ${VERSION} (protocol ${rangeOf(PROTOCOL_VERSIONS)}), but the running daemon is version ${version} (protocol ${rangeOf(protocolVersions)}).`,
  );
}

function rangeOf({ min, max }: VersionRange): string {
  return min === max ? String(min) : `${min} to ${max}`;
}

/** Resolves when the endpoint record changes, and after `timeoutMs` at the latest: not every file system tells. */
function recordChange(stateDir: string, timeoutMs: number): Promise<void> {
  const name = basename(daemonEndpointPath(stateDir));
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      watcher?.close();
      resolve();
    };
    const timer = setTimeout(finish, timeoutMs);
    const watcher = tryToWatch(stateDir, (changed) => {
      if (changed === name) finish();
    });
  });
}

function tryToWatch(directory: string, onChange: (name: string | null) => void) {
  try {
    return watch(directory, (_event, name) => onChange(name)).on("error", () => {});
  } catch {
    return undefined;
  }
}
