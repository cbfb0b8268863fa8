import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { newId } from "@orchastration/protocol";
import { connectToSocket, createSocketTransport, readSupervisorEndpoint } from "@orchastration/protocol/node";
import { createPeer } from "@orchastration/protocol/rpc";
import type {
  ExitedSession,
  SupervisorMethod,
  SupervisorMethods,
  SupervisorNotifications,
} from "@orchastration/protocol/supervisor";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface SupervisorProcess extends AsyncDisposable {
  readonly id: string;
  readonly pid: number;
  readonly stateDir: string;
  readonly socket: string;
  /** Resolves with the code or signal it ended with. */
  readonly ended: Promise<number | NodeJS.Signals>;
  kill(signal: NodeJS.Signals): void;
}

/** What the launcher hears of a supervisor started with these arguments, and the process. */
export async function launch(
  stateDir: string,
  args: readonly string[],
  extraDescriptors: readonly "pipe"[] = [],
): Promise<{ readonly said: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, ["--conditions=source", MAIN, ...args], {
    env: { PATH: process.env["PATH"], XDG_RUNTIME_DIR: stateDir, ORCHASTRATION_ROLE: "supervisor" },
    stdio: ["ignore", "ignore", "inherit", "pipe", ...extraDescriptors],
    detached: true,
  });
  const pipe = child.stdio[3];
  if (pipe === null || pipe === undefined || !("readable" in pipe)) throw new Error("descriptor 3 is no pipe");
  return { said: await text(pipe), child };
}

/** A real supervisor process over its real socket. It is ended with the test. */
export async function startSupervisorProcess(
  stateDir: string,
  extraDescriptors: readonly "pipe"[] = [],
): Promise<SupervisorProcess> {
  const id = newId();
  const { said, child } = await launch(stateDir, ["--state-dir", stateDir, "--id", id], extraDescriptors);
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? code ?? 0));
  });
  if (said !== "ready\n") throw new Error(`the supervisor said ${JSON.stringify(said)}`);
  const reading = readSupervisorEndpoint(stateDir, id);
  if (!reading.isPresent) throw new Error(reading.reason);
  return {
    id,
    pid: reading.endpoint.process.pid,
    stateDir,
    socket: reading.endpoint.socket,
    ended,
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

type Heard = {
  [N in keyof SupervisorNotifications]: readonly [N, SupervisorNotifications[N]];
}[keyof SupervisorNotifications];

export interface Daemon extends Disposable {
  call<M extends SupervisorMethod>(
    method: M,
    params: SupervisorMethods[M]["params"],
  ): Promise<SupervisorMethods[M]["result"]>;
  readonly heard: readonly Heard[];
  /** The first `session.exited` of the session. */
  exitOf(session: string): Promise<ExitedSession>;
  readonly closed: Promise<unknown>;
}

/** A daemon's connection to a supervisor, initialized unless told otherwise. */
export async function connectDaemon(
  supervisor: Pick<SupervisorProcess, "socket" | "stateDir">,
  options: { readonly isInitialized?: boolean } = {},
): Promise<Daemon> {
  const socket: Socket = await connectToSocket(supervisor.socket, supervisor.stateDir);
  const heard: Heard[] = [];
  const waiting = new Map<string, (exit: ExitedSession) => void>();
  const peer = createPeer(createSocketTransport(socket), {
    onNotification(method, params) {
      heard.push([method, params] as Heard);
      if (method !== "session.exited") return;
      const exit = params as ExitedSession;
      waiting.get(exit.session)?.(exit);
    },
  });
  const call: Daemon["call"] = async (method, params) =>
    (await peer.request(method, params)) as SupervisorMethods[typeof method]["result"];
  if (options.isInitialized !== false) {
    await call("initialize", { protocolVersion: { min: 1, max: 1 }, daemonVersion: "0.1.0" });
  }
  return {
    call,
    heard,
    exitOf(session) {
      const known = heard.find(([name, report]) => name === "session.exited" && report.session === session)?.[1];
      if (known?.status === "exited") return Promise.resolve(known);
      return new Promise((resolve) => waiting.set(session, resolve));
    },
    closed: peer.closed,
    [Symbol.dispose]: () => peer.close(),
  };
}

export function logOf({ stateDir, id }: Pick<SupervisorProcess, "stateDir" | "id">): string {
  return join(stateDir, "supervisors", `${id}.log`);
}
