import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { admitConnection, connectToSocket } from "../../src/node/connect-to-socket.ts";

test("a client and a server of one state directory reach each other", async () => {
  const stateDir = temporaryDirectory();
  const server = createServer((socket) => {
    void admitConnection(socket, stateDir).then(() => socket.end("welcome"));
  });
  server.listen(join(stateDir, "s"));
  await once(server, "listening");
  const socket = await connectToSocket(join(stateDir, "s"), stateDir);
  const [heard] = await once(socket, "data");
  expect(String(heard)).toBe("welcome");
  server.close();
});

test("nobody listening is the system's own error", async () => {
  const stateDir = temporaryDirectory();
  await expect(connectToSocket(join(stateDir, "s"), stateDir)).rejects.toMatchObject({ code: "ENOENT" });
});
