import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { VERSION } from "@orchastration/protocol";
import { createSocketTransport } from "@orchastration/protocol/node";
import { createPeer } from "@orchastration/protocol/rpc";
import type { SessionReport } from "@orchastration/protocol/supervisor";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { until } from "../../../../test/support/until.ts";
import { createMembership } from "../../src/supervisors/membership.ts";

const ID = "2c9dk3mf0w1x";
const SESSION = { session: "s", status: "live", terminal: null } as unknown as SessionReport;

/** A supervisor that holds one session. */
async function listen() {
  const socket = join(temporaryDirectory(), "supervisor.sock");
  const connections: Socket[] = [];
  const server = createServer((connection) => {
    connections.push(connection);
    createPeer(createSocketTransport(connection), {
      handle: (method) =>
        method === "initialize"
          ? { protocolVersion: 1, id: ID, pid: process.pid, version: VERSION }
          : { sessions: [SESSION] },
    });
  });
  onTestFinished(() => {
    for (const connection of connections) connection.destroy();
    server.close();
  });
  server.listen(socket);
  await once(server, "listening");
  return { socket, connections };
}

test("a supervisor whose connection breaks while nobody can tell whether it lives is asked itself", async () => {
  const { socket, connections } = await listen();
  const endpoint = { id: ID, socket, version: VERSION, pid: process.pid };
  const reported: SessionReport[] = [];
  const lost: unknown[] = [];
  const state = { canList: true };
  const membership = createMembership(
    {
      liveEndpoints() {
        if (state.canList) return [endpoint];
        throw Object.assign(new Error("EMFILE: too many open files, scandir"), { code: "EMFILE", syscall: "scandir" });
      },
      launch: () => Promise.reject(new Error("nothing is to be started")),
      version: VERSION,
    },
    {
      onReport: (report) => void reported.push(report),
      onLost: (supervisor) => void lost.push(supervisor),
      onTerminal: () => {},
      onTyped: () => {},
      onRefused: () => {},
      onSilence: () => {},
      onUnusable: () => {},
      onStarted: () => {},
    },
  );
  onTestFinished(() => membership.close());
  const { reports } = await membership.adoptAll();
  expect([...reports.keys()]).toEqual(["s"]);
  state.canList = false;
  connections[0]?.destroy();
  await until(() => reported.length === 1);
  expect({ lost, members: membership.members().length }).toEqual({ lost: [], members: 1 });
});
