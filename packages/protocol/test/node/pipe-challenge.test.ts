import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { admitPipeClient, PIPE_SECRET_BYTES, proveToPipeServer } from "../../src/node/pipe-challenge.ts";

const secret = randomBytes(PIPE_SECRET_BYTES);

async function withUnixSockets(use: (client: Duplex, server: Duplex) => Promise<void>): Promise<void> {
  const server = createServer();
  const path = join(temporaryDirectory(), "s");
  server.listen(path);
  await once(server, "listening");
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const client = connect(path);
  const peer = await accepted;
  try {
    await use(client, peer);
  } finally {
    client.destroy();
    peer.destroy();
    server.close();
  }
}

describe("the pipe challenge", () => {
  test("lets two holders of the secret talk, and swallows nothing sent right behind it", async () => {
    await withUnixSockets(async (client, server) => {
      const admitted = admitPipeClient(server, secret);
      await proveToPipeServer(client, secret);
      client.write("hello");
      await admitted;
      const [heard] = await once(server, "data");
      expect(String(heard)).toBe("hello");
      server.write("welcome");
      const [answer] = await once(client, "data");
      expect(String(answer)).toBe("welcome");
    });
  });

  test("works when every byte arrives on its own", async () => {
    const [client, near] = duplexPair();
    const [far, server] = duplexPair();
    const trickle = (from: Duplex, to: Duplex) =>
      from.on("data", (chunk: Buffer) => {
        for (const byte of chunk) to.write(Buffer.of(byte));
      });
    trickle(near, far);
    trickle(far, near);
    await Promise.all([admitPipeClient(server, secret), proveToPipeServer(client, secret)]);
  });

  test("a client with another secret is dropped, and sends no proof to the wrong server", async () => {
    const [client, server] = duplexPair();
    const admitted = admitPipeClient(server, secret);
    const proved = proveToPipeServer(client, randomBytes(PIPE_SECRET_BYTES));
    await expect(proved).rejects.toThrow(/does not know the secret/);
    await expect(admitted).rejects.toThrow(/closed the pipe|Premature close/i);
    expect([client.destroyed, server.destroyed]).toEqual([true, true]);
  });

  test("a client that guesses its proof is dropped", async () => {
    const [client, server] = duplexPair();
    const admitted = admitPipeClient(server, secret);
    client.write(randomBytes(64));
    client.resume();
    await expect(admitted).rejects.toThrow(/does not know the secret/);
  });

  test("the server's own proof does not serve as the client's", async () => {
    const [client, server] = duplexPair();
    const admitted = admitPipeClient(server, secret);
    client.write(randomBytes(32));
    const [answer] = await once(client, "data");
    client.write((answer as Buffer).subarray(32));
    await expect(admitted).rejects.toThrow(/does not know the secret/);
  });

  test("a silent peer is dropped at the deadline", async () => {
    const [client, server] = duplexPair();
    await expect(admitPipeClient(server, secret, { deadlineMs: 5 })).rejects.toThrow(/within 5 ms/);
    await expect(proveToPipeServer(client, secret, { deadlineMs: 5 })).rejects.toThrow(/closed the pipe/);
  });

  test("a peer that hangs up ends the wait", async () => {
    const [client, server] = duplexPair();
    const admitted = admitPipeClient(server, secret);
    client.end(randomBytes(16));
    await expect(admitted).rejects.toThrow(/closed the pipe|prematurely/i);
  });
});
