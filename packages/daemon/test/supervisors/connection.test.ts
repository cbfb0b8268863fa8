import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { agreeOnVersion, OrchastrationError, SUPERVISOR_PROTOCOL_VERSIONS, VERSION } from "@orchastration/protocol";
import { createSocketTransport } from "@orchastration/protocol/node";
import { createPeer } from "@orchastration/protocol/rpc";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { connectToSupervisor } from "../../src/supervisors/connection.ts";

/** A supervisor that answers `initialize` as it is told. */
async function listen(greet: (params: unknown) => unknown): Promise<string> {
  const path = join(temporaryDirectory(), "supervisor.sock");
  const server = createServer((socket) => {
    createPeer(createSocketTransport(socket), { handle: (_method, params) => greet(params) });
  });
  onTestFinished(() => void server.close());
  server.listen(path);
  await once(server, "listening");
  return path;
}

const GREETING = { protocolVersion: 1, id: "2c9dk3mf0w1x", pid: 4250, version: "0.1.0-alpha.1" };

test("a supervisor is told the versions the daemon speaks, and takes the highest both do", async () => {
  const asked: unknown[] = [];
  const path = await listen((params) => {
    asked.push(params);
    return { ...GREETING, streamVersions: { min: 1, max: 2 } };
  });
  const connection = await connectToSupervisor(path, () => {});
  expect(asked).toEqual([{ protocolVersion: SUPERVISOR_PROTOCOL_VERSIONS, daemonVersion: VERSION }]);
  expect(connection).toMatchObject({ version: "0.1.0-alpha.1", streamVersions: { min: 1, max: 2 } });
  connection.close();
  expect(agreeOnVersion({ min: 2, max: 3 }, { min: 1, max: 2 })).toBe(2);
});

test("a supervisor that does not tell its versions of the terminal stream speaks the first", async () => {
  const connection = await connectToSupervisor(await listen(() => GREETING), () => {});
  expect(connection.streamVersions).toEqual({ min: 1, max: 1 });
  connection.close();
});

test("a supervisor that is too old says so, and the connection is given up", async () => {
  const path = await listen(() => {
    throw new OrchastrationError("ProtocolVersionUnsupported", "This supervisor speaks 0, the daemon 1.");
  });
  await expect(connectToSupervisor(path, () => {})).rejects.toMatchObject({ kind: "ProtocolVersionUnsupported" });
});

test("nobody at the socket is an unavailable supervisor", async () => {
  const path = join(temporaryDirectory(), "none.sock");
  await expect(connectToSupervisor(path, () => {})).rejects.toMatchObject({ kind: "SupervisorUnavailable" });
});
