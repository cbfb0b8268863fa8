import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createHome, type Home } from "../support/home.ts";
import { connectRaw, INITIALIZE, type Message, type RawConnection } from "../support/raw-connection.ts";

/** Every rule of the control connection, against the live daemon, from a socket with nothing of ours in between. */

let home: Home;
let path: string;
const open: RawConnection[] = [];

beforeAll(async () => {
  home = createHome();
  await home.cli(["daemon", "start"]);
  path = String((await home.json(["daemon", "status"])).socket);
});
afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});
afterAll(() => home[Symbol.asyncDispose]());

async function raw(): Promise<RawConnection> {
  const connection = await connectRaw(path);
  open.push(connection);
  return connection;
}

async function initialized(): Promise<RawConnection> {
  const connection = await raw();
  await connection.call("init", "initialize", INITIALIZE);
  return connection;
}

const context = () => ({ cwd: home.cwd, configFile: null });
const trueRun = () => ({ context: context(), environment: { PATH: "/usr/bin:/bin" }, target: { argv: ["true"] } });

async function stillServes(): Promise<void> {
  const other = await raw();
  expect(await other.call(1, "ping", {})).toMatchObject({ id: 1, result: {} });
}

describe("framing", () => {
  test("lines may end with CRLF, and blank lines are passed over", async () => {
    const connection = await raw();
    connection.write('\n\r\n  \n{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}\r\n');
    expect(await connection.next()).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
  });

  test("a message may arrive byte by byte, also inside a character", async () => {
    const connection = await raw();
    const bytes = Buffer.from('{"jsonrpc":"2.0","id":"🎼","method":"ping","params":{}}\n');
    for (const byte of bytes) connection.write(Buffer.from([byte]));
    expect(await connection.next()).toMatchObject({ id: "🎼" });
  });

  test("several messages may arrive at once", async () => {
    const connection = await raw();
    connection.write([1, 2, 3].map((id) => `{"jsonrpc":"2.0","id":${id},"method":"ping","params":{}}\n`).join(""));
    expect([await connection.next(), await connection.next(), await connection.next()].map(({ id }) => id)).toEqual([
      1, 2, 3,
    ]);
  });

  test("a connection that begins with Content-Length is answered so", async () => {
    const socket = connect(path);
    await once(socket, "connect");
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}';
    socket.write(`content-length: ${body.length}\r\nContent-Type: x\r\n\r\n${body}`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toBe('Content-Length: 36\r\n\r\n{"jsonrpc":"2.0","id":1,"result":{}}');
    socket.destroy();
  });
});

describe("requests", () => {
  test.each([0, -1, 1.5, "", "text"])("the id %o comes back as it was", async (id) => {
    const connection = await raw();
    connection.send({ jsonrpc: "2.0", id, method: "ping", params: {} });
    expect((await connection.next()).id).toBe(id);
  });

  test("a request without params is one with none", async () => {
    expect(await (await raw()).call(1, "ping")).toMatchObject({ result: {} });
  });

  test.each([
    ["a batch", [{ jsonrpc: "2.0", id: 1, method: "ping" }], -32600],
    ["an empty batch", [], -32600],
    ["a number", 42, -32600],
    ["no version", { id: 1, method: "ping" }, -32600],
    ["a method that is no text", { jsonrpc: "2.0", id: 1, method: 5 }, -32600],
    ["an unknown method", { jsonrpc: "2.0", id: 1, method: "no.such" }, -32601],
    ["a name of every object", { jsonrpc: "2.0", id: 1, method: "__proto__" }, -32601],
    ["another name of every object", { jsonrpc: "2.0", id: 1, method: "constructor" }, -32601],
    ["params that are no object", { jsonrpc: "2.0", id: 1, method: "ping", params: [1] }, -32602],
  ])("%s is answered with its error", async (_name, message, code) => {
    const connection = await raw();
    connection.send(message);
    const answer = await connection.next();
    expect(answer.error?.code).toBe(code);
    if (Array.isArray(message)) expect(answer.id).toBeNull();
    expect(await connection.call("after", "ping", {})).toMatchObject({ result: {} });
  });

  test("a notification is never answered", async () => {
    const connection = await raw();
    connection.send({ jsonrpc: "2.0", method: "no.such", params: {} });
    connection.send({ jsonrpc: "2.0", id: 9, method: "ping", params: {} });
    expect((await connection.next()).id).toBe(9);
  });

  test("a malformed line is answered with id null and the connection kept; the tenth ends it", async () => {
    const connection = await raw();
    connection.write("{nonsense\n");
    expect(await connection.next()).toMatchObject({ id: null, error: { code: -32700 } });
    expect(await connection.call(1, "ping", {})).toMatchObject({ result: {} });
    for (let n = 0; n < 9; n++) connection.write("{nonsense\n");
    await connection.ended;
  });

  test("params that do not fit name every field", async () => {
    const connection = await initialized();
    const { error } = await connection.call(1, "run.get", { context: { cwd: 5 }, run: "" });
    expect(error).toMatchObject({ code: -32602, data: { kind: "InvalidParams", retryable: false } });
    expect(JSON.stringify(error?.data?.issues)).toMatch(/cwd[\s\S]*configFile[\s\S]*run/);
  });

  test("errors of ours have a code of 1000 or more, a kind and a hint", async () => {
    const connection = await initialized();
    const { error } = await connection.call(1, "run.get", { context: context(), run: "nothing" });
    expect(error?.code).toBeGreaterThanOrEqual(1000);
    expect(error?.data).toMatchObject({ kind: "RunNotFound", hint: expect.any(String), retryable: false });
  });
});

describe("initialize", () => {
  test("before it only ping and rpc.discover answer", async () => {
    const connection = await raw();
    expect(await connection.call(1, "ping", {})).toHaveProperty("result");
    expect(await connection.call(2, "rpc.discover", {})).toMatchObject({ result: { openrpc: expect.any(String) } });
    expect(await connection.call(3, "daemon.status", {})).toMatchObject({
      error: { data: { kind: "NotInitialized" } },
    });
  });

  test("answers version, limits and the head of the log", async () => {
    const { result } = await (await raw()).call(1, "initialize", INITIALIZE);
    expect(result).toMatchObject({
      protocolVersion: 1,
      serverInfo: { name: "orchastration", pid: expect.any(Number) },
      limits: { inboundMessageBytes: 1_048_576, outboundMessageBytes: 16_777_216 },
      headSeq: expect.any(Number),
    });
  });

  test("twice is refused", async () => {
    const connection = await initialized();
    expect(await connection.call(1, "initialize", INITIALIZE)).toMatchObject({ error: { code: -32600 } });
  });

  test("no common version names both and says what to do", async () => {
    const connection = await raw();
    const params = { ...INITIALIZE, protocolVersion: { min: 7, max: 9 } };
    const { error } = await connection.call(1, "initialize", params);
    expect(error?.message).toMatch(/version 1\b.*versions 7 to 9/);
    expect(error?.data?.hint).toContain("orchastration daemon restart");
  });
});

describe("events", () => {
  const isEvent = (name: string) => (message: Message) => message.method === "event" && message.params?.name === name;

  test("the answer to a request comes before the events about the same object", async () => {
    const connection = await initialized();
    await connection.call(1, "events.subscribe", {});
    connection.send({ jsonrpc: "2.0", id: 2, method: "job.run", params: trueRun() });
    const seen = await connection.nextUntil(isEvent("run.succeeded"));
    const answer = seen.findIndex(({ id }) => id === 2);
    expect(answer).toBeGreaterThanOrEqual(0);
    expect(seen.findIndex(({ method }) => method === "event")).toBeGreaterThan(answer);
    const names = seen.flatMap(({ params }) => (String(params?.entity).startsWith("run:") ? [params?.name] : []));
    expect(names).toEqual(["run.queued", "run.prepared", "run.launched", "run.succeeded"]);
  });

  test("since replays the log without a gap and goes on with what is new", async () => {
    const first = await initialized();
    await first.call(1, "events.subscribe", { filter: { names: ["run.*"] } });
    first.send({ jsonrpc: "2.0", id: 2, method: "job.run", params: trueRun() });
    const live = await first.nextUntil(isEvent("run.succeeded"));
    const since = Number(live.find(({ method }) => method === "event")?.params?.seq) - 1;

    const second = await initialized();
    const { result } = await second.call(1, "events.subscribe", { since });
    expect(result?.headSeq).toBeGreaterThan(since);
    second.send({ jsonrpc: "2.0", id: 2, method: "job.run", params: trueRun() });
    const seen: number[] = [];
    for (let ended = 0; ended < 2; ) {
      const message = await second.next();
      if (message.method !== "event") continue;
      seen.push(Number(message.params?.seq));
      if (message.params?.name === "run.succeeded") ended++;
    }
    expect(seen).toEqual(seen.map((_, index) => since + 1 + index));
  });

  test.each([-1, 1_000_000_000])("since %i is refused", async (since) => {
    const connection = await initialized();
    const { error } = await connection.call(1, "events.subscribe", { since });
    expect(["InvalidSeq", "InvalidParams"]).toContain(error?.data?.kind);
  });

  test("a filter passes only what it names, and nothing follows the end of a subscription", async () => {
    const connection = await initialized();
    const { result } = await connection.call(1, "events.subscribe", { filter: { names: ["run.launched"] } });
    await connection.call(2, "job.run", trueRun());
    expect(await connection.next()).toMatchObject({ method: "event", params: { name: "run.launched" } });
    await connection.call(3, "events.unsubscribe", { subscriptionId: result?.subscriptionId });
    await connection.call(4, "job.run", trueRun());
    expect(await connection.call(5, "ping", {})).toMatchObject({ id: 5 });
    const again = await connection.call(6, "events.unsubscribe", { subscriptionId: result?.subscriptionId });
    expect(again.error?.data?.kind).toBe("SubscriptionNotFound");
  });

  test("the thousand and first subscription is refused", async () => {
    const connection = await initialized();
    for (let id = 1; id <= 1_000; id++) connection.send({ jsonrpc: "2.0", id, method: "events.subscribe", params: {} });
    const { error } = await connection.call(1_001, "events.subscribe", {});
    expect(error?.data?.kind).toBe("LimitExceeded");
  });
});

describe("long requests", () => {
  const hashing = { files: Array(500).fill("/usr/bin/git"), algorithm: "sha512", wantsProgress: true };

  test("send progress and are always answered", async () => {
    const connection = await initialized();
    connection.send({ jsonrpc: "2.0", id: "h", method: "hash.compute", params: hashing });
    const seen = await connection.nextUntil(({ id }) => id === "h");
    expect(seen.some(({ method, params }) => method === "$/progress" && params?.id === "h")).toBe(true);
    expect(seen.at(-1)?.result?.outcomes).toHaveLength(500);
  });

  test("obey $/cancelRequest", async () => {
    const connection = await initialized();
    connection.send({ jsonrpc: "2.0", id: "h", method: "hash.compute", params: hashing });
    connection.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "h" } });
    const answer = (await connection.nextUntil(({ id }) => id === "h")).at(-1);
    expect(answer?.error).toMatchObject({ code: -32800, data: { kind: "RequestCancelled" } });
  });

  test("cancelling what is not there does nothing", async () => {
    const connection = await initialized();
    connection.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "nothing" } });
    expect(await connection.call(1, "ping", {})).toHaveProperty("result");
  });
});

describe("hostile input ends its own connection at most", () => {
  test("a line without end", async () => {
    const socket: Socket = connect(path);
    socket.on("error", () => {});
    await once(socket, "connect");
    const megabyte = Buffer.alloc(1 << 20, "x");
    const closed = once(socket, "close");
    for (let sent = 0; sent < 64 && !socket.destroyed; sent++) socket.write(megabyte);
    socket.resume();
    await closed;
    await stillServes();
  });

  test("a Content-Length of four gibibytes", async () => {
    const connection = await raw();
    connection.write("Content-Length: 4294967296\r\n\r\n{");
    await connection.ended;
    await stillServes();
  });

  test("100,000 nested brackets", async () => {
    const connection = await initialized();
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    connection.write(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":${deep}}}\n`);
    await connection.next().catch(() => undefined);
    await stillServes();
  });

  test("silence, half a message, and an end in the middle of one", async () => {
    const [silent, half] = [await raw(), await raw()];
    half.write('{"jsonrpc":"2.0","id":1,"met');
    half.close();
    await stillServes();
    silent.close();
  });

  test("a thousand requests in one write from a reader that never reads", async () => {
    const connection = await initialized();
    connection.socket.pause();
    const discover = '{"jsonrpc":"2.0","id":1,"method":"rpc.discover","params":{}}\n';
    for (let n = 0; n < 20; n++) connection.write(discover.repeat(1_000));
    await stillServes();
    const status = await (await initialized()).call(1, "daemon.status", {});
    expect(status).toHaveProperty("result");
  });

  test("a slow reader of events gets one gap and the others everything", async () => {
    const slow = await initialized();
    await slow.call(1, "events.subscribe", {});
    slow.socket.pause();
    const reader = await initialized();
    await reader.call(1, "events.subscribe", { filter: { names: ["run.succeeded"] } });
    await reader.call(2, "job.run", trueRun());
    expect(await reader.next()).toMatchObject({ params: { name: "run.succeeded" } });
  });

  test("500 connections at once", async () => {
    const connections = await Promise.all(Array.from({ length: 500 }, () => raw()));
    const answers = await Promise.all(connections.map((connection) => connection.call(1, "ping", {})));
    expect(answers).toHaveLength(500);
  });
});
