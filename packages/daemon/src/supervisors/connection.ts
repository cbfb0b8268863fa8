import { createConnection, type Socket } from "node:net";
import { OrchastrationError, SUPERVISOR_PROTOCOL_VERSIONS, VERSION, type VersionRange } from "@orchastration/protocol";
import { createSocketTransport } from "@orchastration/protocol/node";
import { createPeer } from "@orchastration/protocol/rpc";
import type {
  SessionReport,
  SupervisorMethod,
  SupervisorMethods,
  SupervisorNotification,
  SupervisorNotifications,
} from "@orchastration/protocol/supervisor";

/** Environments travel in one message, and the system allows two megabytes of them. */
const MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024;

const NOTIFICATIONS: ReadonlySet<string> = new Set<SupervisorNotification>([
  "session.stopping",
  "session.exited",
  "session.terminalChanged",
  "session.typed",
]);

/** The daemon's end of one supervisor. */
export interface SupervisorConnection {
  readonly id: string;
  readonly pid: number;
  readonly version: string;
  /** Of the terminal stream. */
  readonly streamVersions: VersionRange;
  call<M extends SupervisorMethod>(
    method: M,
    params: SupervisorMethods[M]["params"],
  ): Promise<SupervisorMethods[M]["result"]>;
  /** Resolves when the connection ends, from either side. */
  readonly closed: Promise<void>;
  close(): void;
}

/**
 * A suspended supervisor accepts connections, and greets when it goes on: this waits as long.
 * @throws OrchastrationError SupervisorUnavailable when nobody listens, ProtocolVersionUnsupported when no common version is spoken
 */
export async function connectToSupervisor(
  path: string,
  onNotification: (name: SupervisorNotification, report: SessionReport) => void,
): Promise<SupervisorConnection> {
  const socket = await open(path);
  const peer = createPeer(createSocketTransport(socket, { inboundLimitBytes: MESSAGE_LIMIT_BYTES }), {
    onNotification(method, params) {
      // Both ends are ours: the contract's types hold without schemas (protocol/src/supervisor/methods.ts).
      if (isNotification(method)) onNotification(method, params as SupervisorNotifications[typeof method]);
    },
  });
  const call: SupervisorConnection["call"] = async (method, params) =>
    (await peer.request(method, params)) as SupervisorMethods[typeof method]["result"];
  try {
    const { id, pid, version, streamVersions } = await call("initialize", {
      protocolVersion: SUPERVISOR_PROTOCOL_VERSIONS,
      daemonVersion: VERSION,
    });
    return {
      id,
      pid,
      version,
      // Supervisors of 0.1.0-alpha.1 spoke the first one and did not say so.
      streamVersions: streamVersions ?? { min: 1, max: 1 },
      call,
      closed: peer.closed.then(() => undefined),
      close: () => peer.close(),
    };
  } catch (error) {
    peer.close();
    throw error;
  }
}

/** A newer supervisor may send notifications this daemon does not know. */
function isNotification(method: string): method is SupervisorNotification {
  return NOTIFICATIONS.has(method);
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const fail = (error: Error): void => {
      reject(
        new OrchastrationError("SupervisorUnavailable", `no supervisor answers at ${path}: ${error.message}`, {
          cause: error,
        }),
      );
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      resolve(socket);
    });
  });
}
