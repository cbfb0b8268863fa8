import { once } from "node:events";
import { connect, createServer } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HandlerMap } from "../../src/server/dispatcher.ts";
import { closed, type RawClient } from "./raw-client.ts";
import { startToyDaemon } from "./toy-daemon.ts";

const MEBIBYTE = 1_048_576;
const context = { cwd: "/", configFile: null };

const configOf = (value: string): ReturnType<HandlerMap["config.get"]> => ({
  files: [],
  entries: [{ key: "x", value, layer: "default", file: null, line: null }],
  warnings: [],
});

/** Takes the text as it comes; the client's own reader would take it for lines. */
async function textToEnd({ socket }: RawClient): Promise<string> {
  let text = "";
  socket.removeAllListeners("data").on("data", (chunk: string) => {
    text += chunk;
  });
  await closed(socket);
  return text;
}

/** `daemon.stop` is answered when the test says so. */
function answerOnDemand(): { handlers: Partial<HandlerMap>; answer: () => void; started: Promise<void> } {
  const started = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const handlers: Partial<HandlerMap> = {
    "daemon.stop": async () => {
      started.resolve();
      await answer.promise;
      return { liveSessions: 7 };
    },
  };
  return { handlers, answer: answer.resolve, started: started.promise };
}

describe("a message that is too long", () => {
  test("ends the connection after an error; one of just the limit does not", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connect();
    const pingOf = (bytes: number): string => {
      const empty = '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":""}}';
      return `${empty.replace('""', `"${"x".repeat(bytes - empty.length)}"`)}\n`;
    };
    client.write(pingOf(MEBIBYTE));
    expect(await client.next()).toMatchObject({ id: 1, result: {} });
    client.write(pingOf(MEBIBYTE + 1));
    expect(await client.rest()).toMatchObject([{ id: null, error: { code: 1005, data: { kind: "LimitExceeded" } } }]);
  });

  test("is refused as soon as its Content-Length says so", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connect();
    client.write("Content-Length: 1073741824\r\n\r\n");
    expect(await textToEnd(client)).toMatch(/^Content-Length: \d+\r\n\r\n\{.*"id":null.*LimitExceeded/);
  });

  test("because it never ends costs bounded memory, and others are served", async () => {
    await using daemon = await startToyDaemon();
    const other = await daemon.connect();
    const endless = connect({ path: daemon.path, allowHalfOpen: true });
    endless.on("error", () => {}).resume();
    const piece = Buffer.alloc(65_536, "x");
    const before = process.memoryUsage().rss;
    let highest = 0;
    const write = (): void => {
      highest = Math.max(highest, process.memoryUsage().rss - before);
      while (!endless.destroyed && endless.write(piece));
    };
    endless.on("drain", write);
    write();
    expect(await other.call(1, "ping")).toMatchObject({ id: 1 });
    await closed(endless);
    expect(await other.call(2, "ping")).toMatchObject({ id: 2 });
    expect(endless.bytesWritten).toBeGreaterThan(2 * MEBIBYTE);
    expect(highest).toBeLessThan(200 * MEBIBYTE);
  });

  test("as an answer becomes an error for that request alone", async () => {
    await using daemon = await startToyDaemon({ "config.get": () => configOf("x".repeat(17 * MEBIBYTE)) });
    const client = await daemon.connectInitialized();
    expect(await client.call(1, "config.get", { context })).toMatchObject({ id: 1, error: { code: 1005 } });
    expect(await client.call(2, "ping")).toMatchObject({ id: 2, result: {} });
  });
});

test("a client that never reads is not read from either, and costs others nothing", async () => {
  let answered = 0;
  await using daemon = await startToyDaemon({
    "config.get": () => {
      answered++;
      return configOf("x".repeat(100_000));
    },
  });
  const deaf = await daemon.connectInitialized();
  deaf.socket.pause();
  for (let id = 0; id < 2_000; id++) deaf.send(id, "config.get", { context });
  const other = await daemon.connect();
  for (let id = 0; id < 100; id++) expect(await other.call(id, "ping")).toMatchObject({ id });
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThan(100);

  deaf.socket.resume();
  for (let id = 0; id < 2_000; id++) expect((await deaf.next()).id).toBe(id);
});

describe("limits", () => {
  test("a connection beyond the last one is told so and closed; there is room again when one ends", async () => {
    await using daemon = await startToyDaemon({}, { maxConnections: 2 });
    const first = await daemon.connectInitialized();
    await daemon.connectInitialized();
    const third = await daemon.connect();
    expect(await third.rest()).toMatchObject([
      { id: null, error: { code: 1005, message: expect.stringContaining("2 connections") } },
    ]);
    expect(daemon.server.connectionCount).toBe(2);
    first.socket.destroy();
    await expect.poll(() => daemon.server.connectionCount).toBe(1);
    expect(await (await daemon.connect()).call(1, "ping")).toMatchObject({ result: {} });
  });

  test("a connection has a thousand requests in flight, and the next one is refused", async () => {
    const { handlers, answer } = answerOnDemand();
    await using daemon = await startToyDaemon(handlers);
    const client = await daemon.connectInitialized();
    for (let id = 1; id <= 1_000; id++) client.send(id, "daemon.stop");
    expect(await client.call(1_001, "ping")).toMatchObject({ id: 1_001, error: { code: 1005 } });
    answer();
    for (let id = 1; id <= 1_000; id++) expect(await client.next()).toMatchObject({ id, result: { liveSessions: 7 } });
    expect(await client.call(1_002, "ping")).toMatchObject({ result: {} });
  });

  test("a connection has a thousand subscriptions", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connectInitialized();
    for (let id = 1; id <= 1_000; id++) expect(await client.call(id, "events.subscribe")).toMatchObject({ result: {} });
    expect(await client.call(0, "events.subscribe")).toMatchObject({ error: { code: 1005 } });
  });

  test("500 silent connections and one that talks are served", async () => {
    await using daemon = await startToyDaemon();
    await Promise.all(Array.from({ length: 500 }, () => daemon.connect()));
    const client = await daemon.connectInitialized();
    expect(daemon.server.connectionCount).toBe(501);
    expect(await client.call(1, "ping")).toMatchObject({ result: {} });
  });
});

test("a client that dies in the middle of anything ends its own connection and nothing else", async () => {
  await using daemon = await startToyDaemon();
  const manyRequests = '{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n'.repeat(100);
  for (const bytes of ["", '{"jsonrpc":', "Content-Length: 100\r\n\r\n{", manyRequests]) {
    const client = await daemon.connect();
    client.write(bytes);
    client.socket.destroy();
  }
  const subscriber = await daemon.connectInitialized();
  await subscriber.call(1, "events.subscribe");
  subscriber.socket.destroy();
  for (let seq = 1; seq <= 100; seq++) daemon.log.commit({ payload: { text: "x".repeat(10_000) } });
  const client = await daemon.connectInitialized();
  await expect.poll(() => daemon.server.connectionCount).toBe(1);
  expect(await client.call(1, "ping")).toMatchObject({ result: {} });
  expect(daemon.incidents).toEqual([]);
});

test("whatever bytes come, in whatever pieces, the daemon goes on and meets no defect", async () => {
  await using daemon = await startToyDaemon();
  const witness = await daemon.connect();
  const messages = fc.constantFrom(
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":{"min":1,"max":1},"clientInfo":{"name":"x","version":"1"}}}\n',
    '{"jsonrpc":"2.0","id":2,"method":"events.subscribe","params":{"since":0}}\n',
    '{"jsonrpc":"2.0","id":2,"method":"rpc.discover"}\n',
    '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":2}}\n',
    '{"jsonrpc":"2.0","id":2,"result":{}}\n',
    "Content-Length: 5\r\n\r\n",
    "[]\n",
  );
  const junk = fc.oneof(fc.json(), fc.string(), fc.uint8Array()).map((value) => Buffer.from(value));
  const piece = fc.oneof(
    junk,
    messages.map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece), fc.boolean(), async (pieces, isCutOff) => {
      const socket = connect(daemon.path);
      socket.on("error", () => {}).resume();
      for (const bytes of pieces) socket.write(bytes);
      if (isCutOff) socket.once("connect", () => socket.destroy());
      else socket.end();
      await closed(socket);
      daemon.log.commit({});
      expect(await witness.call(1, "ping")).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    }),
  );
  expect(daemon.incidents).toEqual([]);
});

describe("closing", () => {
  test("waits for the answers in flight, refuses what comes meanwhile, and then ends every connection", async () => {
    const { handlers, answer, started } = answerOnDemand();
    await using daemon = await startToyDaemon(handlers);
    const busy = await daemon.connectInitialized();
    const idle = await daemon.connectInitialized();
    busy.send(1, "daemon.stop");
    await started;
    const isDone = daemon.server.close(3_600_000);
    expect(await idle.rest()).toEqual([]);
    expect(await busy.call(2, "ping")).toMatchObject({
      id: 2,
      error: { code: 1004, data: { kind: "DaemonStopping" } },
    });
    answer();
    expect(await busy.rest()).toEqual([{ jsonrpc: "2.0", id: 1, result: { liveSessions: 7 } }]);
    await isDone;
    expect(daemon.server.connectionCount).toBe(0);
    await expect(daemon.connect()).rejects.toThrow("ENOENT");
  });

  test("waits no longer than its deadline", async () => {
    const { handlers, started } = answerOnDemand();
    await using daemon = await startToyDaemon(handlers);
    const busy = await daemon.connectInitialized();
    busy.send(1, "daemon.stop");
    await started;
    await daemon.server.close(0);
    expect(await busy.rest()).toEqual([]);
  });

  test("does not wait for an answer whose client went away", async () => {
    const { handlers, started } = answerOnDemand();
    await using daemon = await startToyDaemon(handlers);
    const busy = await daemon.connectInitialized();
    busy.send(1, "daemon.stop");
    await started;
    const isDone = daemon.server.close(3_600_000);
    busy.socket.destroy();
    await isDone;
  });
});

test("a second listener serves the same daemon, when the first socket was lost", async () => {
  await using daemon = await startToyDaemon();
  const second = createServer();
  daemon.server.serve(second);
  await once(second.listen(`${daemon.path}2`), "listening");
  const client = connect(`${daemon.path}2`);
  await once(client, "connect");
  client.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  const [answer] = await once(client, "data");
  expect(JSON.parse(String(answer))).toMatchObject({ id: 1, result: {} });
  expect(daemon.server.connectionCount).toBe(1);
  client.destroy();
});

test("nothing is read of a connection that is not admitted", async () => {
  let isOpen = false;
  const admit = () => (isOpen ? Promise.resolve() : Promise.reject(new Error("a stranger")));
  await using daemon = await startToyDaemon({}, { admit });
  const stranger = await daemon.connect();
  stranger.send(1, "ping");
  expect(await stranger.rest()).toEqual([]);
  isOpen = true;
  expect(await (await daemon.connect()).call(1, "ping")).toMatchObject({ result: {} });
});
