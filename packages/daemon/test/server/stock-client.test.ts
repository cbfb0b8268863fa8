import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { INITIALIZE } from "./raw-client.ts";
import { startToyDaemon } from "./toy-daemon.ts";

/** The library language clients are made of, as it comes: Content-Length framing, and nothing of ours. */
async function connectStock(path: string): Promise<MessageConnection & Disposable> {
  const socket = connect(path);
  await once(socket, "connect");
  const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  connection.listen();
  return Object.assign(connection, {
    [Symbol.dispose]() {
      connection.dispose();
      socket.destroy();
    },
  });
}

test("a stock LSP client initializes, calls, and follows events", async () => {
  await using daemon = await startToyDaemon();
  daemon.log.commit({ name: "run.queued" });
  using connection = await connectStock(daemon.path);
  const events: unknown[] = [];
  const second = Promise.withResolvers<void>();
  connection.onNotification("event", (event: { seq: number }) => {
    events.push(event);
    if (event.seq === 2) second.resolve();
  });
  expect(await connection.sendRequest("initialize", INITIALIZE)).toMatchObject({ protocolVersion: 1, headSeq: 1 });
  await connection.sendNotification("initialized", {});
  expect(await connection.sendRequest("ping")).toEqual({});
  expect(await connection.sendRequest("events.subscribe", { since: 0 })).toEqual({ subscriptionId: "s1", headSeq: 1 });
  daemon.log.commit({ name: "run.lost" });
  await second.promise;
  expect(events).toMatchObject([
    { subscriptionId: "s1", seq: 1, name: "run.queued" },
    { subscriptionId: "s1", seq: 2, name: "run.lost" },
  ]);
});

test("a stock LSP client gets errors with their data, and cancels with its own token", async () => {
  await using daemon = await startToyDaemon({
    "hash.compute": (_params, { signal }) =>
      once(signal, "abort")
        .then(() => signal.throwIfAborted())
        .then(() => ({ outcomes: [] })),
  });
  using connection = await connectStock(daemon.path);
  await connection.sendRequest("initialize", INITIALIZE);
  const unknown = await connection.sendRequest("no.such").catch((error: unknown) => error);
  expect(unknown).toBeInstanceOf(ResponseError);
  expect(unknown).toMatchObject({ code: -32601, data: { kind: "MethodNotFound" } });
  const source = new CancellationTokenSource();
  const hashing = connection.sendRequest("hash.compute", { files: ["/a"], algorithm: "sha256" }, source.token);
  source.cancel();
  await expect(hashing).rejects.toMatchObject({ code: -32800 });
});
