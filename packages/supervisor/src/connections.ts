import type { Socket } from "node:net";
import { messageOf } from "@orchastration/protocol";
import { admitConnection, createSocketTransport } from "@orchastration/protocol/node";
import { createPeer, type Peer } from "@orchastration/protocol/rpc";
import type { SupervisorNotification, SupervisorNotifications } from "@orchastration/protocol/supervisor";
import { createControl } from "./control.ts";
import { peekFirstLine } from "./first-line.ts";
import type { Log } from "./log.ts";
import { isAttachLine, serveTerminalClient } from "./serve-terminal-client.ts";
import type { Sessions } from "./sessions.ts";

/** Both ways: a whole environment travels in one message. */
const MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024;
/** A client that takes nothing of what is left for it for so long does not hold up the end. */
const GOODBYE_MS = 2_000;

export interface ConnectionsDeps {
  readonly id: string;
  readonly stateDir: string;
  readonly log: Log;
  readonly sessions: () => Sessions;
  /** A daemon came or went. */
  onChange(): void;
}

export interface Connections {
  accept(socket: Socket): void;
  /** Tells every daemon: while one takes over from another there are two. */
  broadcast<N extends SupervisorNotification>(name: N, params: SupervisorNotifications[N]): void;
  readonly daemons: number;
  /** Ends those with daemons, and with clients whose session has ended, when they have taken what was said; the others now. */
  closeAll(): Promise<void>;
}

export function createConnections({ id, stateDir, log, sessions, onChange }: ConnectionsDeps): Connections {
  /** Those whose first line has not come yet, and clients of terminals. */
  const others = new Set<Socket>();
  const peers = new Set<Peer>();
  const daemons = new Set<Peer>();

  /** The first line decides what the other end is: a terminal client attaching to a session, or a daemon. */
  async function serve(socket: Socket): Promise<void> {
    await admitConnection(socket, stateDir);
    const line = await peekFirstLine(socket);
    if (line === undefined) return;
    if (isAttachLine(line)) await serveTerminalClient(socket, line, sessions());
    else serveDaemon(socket);
  }

  function serveDaemon(socket: Socket): void {
    const transport = createSocketTransport(socket, { inboundLimitBytes: MESSAGE_LIMIT_BYTES });
    others.delete(socket);
    const peer = createPeer(transport, {
      handle: createControl(id, sessions(), () => {
        daemons.add(peer);
        onChange();
      }),
      onIncident: (incident, error) => log.error("incident", messageOf(error), { incident }),
    });
    peers.add(peer);
    void peer.closed.then(() => {
      peers.delete(peer);
      daemons.delete(peer);
      onChange();
    });
  }

  return {
    accept(socket) {
      others.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => others.delete(socket));
      serve(socket).catch((error: unknown) => {
        log.error("connection.refused", messageOf(error));
        socket.destroy();
      });
    },
    broadcast(name, params) {
      for (const daemon of daemons) daemon.notify(name, params);
    },
    get daemons() {
      return daemons.size;
    },
    async closeAll() {
      for (const peer of peers) peer.close();
      await Promise.all([...[...others].map(takeLeave), ...[...peers].map((peer) => peer.closed)]);
    },
  };
}

/** Resolves when it is closed: when it has taken the end that it was told of, or at once. */
function takeLeave(socket: Socket): Promise<void> {
  if (socket.writableEnded) socket.setTimeout(GOODBYE_MS, () => socket.destroy());
  else socket.destroy();
  // Not closed yet: those that are closed are forgotten.
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
