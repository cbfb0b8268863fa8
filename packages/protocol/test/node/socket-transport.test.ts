import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { createSocketTransport, type SocketTransportOptions } from "../../src/node/socket-transport.ts";
import type { Transport } from "../../src/rpc/transport.ts";

let server: Server;
let path: string;
const sockets: Socket[] = [];

beforeEach(async () => {
  path = join(temporaryDirectory(), "s");
  server = createServer().listen(path);
  await once(server, "listening");
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

interface Link {
  /** The raw end, which a test reads and writes as it likes. */
  readonly raw: Socket;
  readonly socket: Socket;
  readonly transport: Transport;
  readonly messages: string[];
  readonly closed: Promise<Error | null>;
}

async function link(options?: SocketTransportOptions): Promise<Link> {
  const accepted = once(server, "connection");
  const raw = connect(path);
  const [socket] = (await accepted) as [Socket];
  sockets.push(raw, socket);
  raw.on("error", () => {});
  const transport = createSocketTransport(socket, options);
  const messages: string[] = [];
  transport.onMessage((message) => messages.push(message));
  const closed = new Promise<Error | null>((resolve) => transport.onClose(resolve));
  return { raw, socket, transport, messages, closed };
}

/** Everything the raw end gets until the connection ends. */
async function readToEnd(raw: Socket): Promise<string> {
  let text = "";
  raw.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  raw.resume();
  await once(raw, "close");
  return text;
}

const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol();
  return (await Promise.race([promise, nextTurn(pending)])) !== pending;
};

test("messages go both ways, in lines", async () => {
  const { raw, transport, messages } = await link();
  raw.write('{"a":1}\n{"b":');
  raw.write('"é"}\r\n');
  await expect.poll(() => messages).toEqual(['{"a":1}', '{"b":"é"}\r']);
  transport.send('{"c":1}');
  transport.close();
  expect(await readToEnd(raw)).toBe('{"c":1}\n');
});

test("whoever frames with Content-Length is answered so", async () => {
  const { raw, transport, messages } = await link();
  raw.write("content-length: 2\r\n\r\n{}");
  await expect.poll(() => messages).toEqual(["{}"]);
  transport.send('"é"');
  transport.close();
  expect(await readToEnd(raw)).toBe('Content-Length: 4\r\n\r\n"é"');
});

test("what is sent at once, and by promises that settle at once, is one write", async () => {
  const { raw, socket, transport } = await link();
  const write = vi.spyOn(socket, "write");
  for (const message of ["1", "2"]) void Promise.resolve().then(() => transport.send(message));
  transport.send("0");
  transport.send("0");
  const [chunk] = await once(raw, "data");
  expect(String(chunk)).toBe("0\n0\n1\n2\n");
  expect(write).toHaveBeenCalledTimes(1);
});

test("a message beyond the limit ends the connection, after an error that says so", async () => {
  const { raw, messages, closed } = await link({ inboundLimitBytes: 1_000 });
  raw.write(`{"first":1}\n${"x".repeat(100_000)}\n{"never":1}\n`);
  const answer = JSON.parse(await readToEnd(raw));
  expect(answer).toMatchObject({ id: null, error: { code: 1005, data: { kind: "LimitExceeded" } } });
  expect(await closed).toMatchObject({ kind: "LimitExceeded" });
  expect(messages).toEqual(['{"first":1}']);
});

test("a message announced as beyond the limit is refused before it comes", async () => {
  const { raw, closed } = await link({ inboundLimitBytes: 1_000 });
  raw.write("Content-Length: 4294967296\r\n\r\n");
  expect(await readToEnd(raw)).toMatch(/^Content-Length: \d+\r\n\r\n.*LimitExceeded/);
  expect(await closed).toMatchObject({ kind: "LimitExceeded" });
});

test("many messages at once are delivered in turns, between which other connections are served", async () => {
  const flood = await link();
  const other = await link();
  const order: string[] = [];
  flood.transport.onMessage(() => order.push("flood"));
  other.transport.onMessage(() => order.push("other"));
  flood.raw.write("1\n".repeat(5_000));
  other.raw.write("1\n");
  await expect.poll(() => order.length).toBe(5_001);
  expect(order.indexOf("other")).toBeLessThan(1_000);
});

test("the messages of a reader that does not read wait until it does", async () => {
  const { raw, socket, transport, messages } = await link({ pauseAboveBytes: 100_000 });
  raw.pause();
  const drained = new Promise<void>((resolve) => transport.onDrain(resolve));
  transport.send("x".repeat(4_000_000));
  raw.write("1\n2\n3\n");
  await expect.poll(() => socket.bytesRead).toBe(6);
  expect(transport.bufferedBytes).toBeGreaterThan(100_000);
  expect(messages).toEqual([]);
  raw.resume();
  await drained;
  expect(transport.bufferedBytes).toBe(0);
  await expect.poll(() => messages).toEqual(["1", "2", "3"]);
});

test("closing lets the other end take everything, and delivers nothing more", async () => {
  const { raw, transport, messages, closed } = await link();
  raw.pause();
  transport.send("x".repeat(4_000_000));
  transport.close();
  transport.send("late");
  raw.write("late\n");
  await nextTurn();
  expect(await isSettled(closed)).toBe(false);
  expect(await readToEnd(raw)).toHaveLength(4_000_001);
  expect(await closed).toBeNull();
  expect(messages).toEqual([]);
});

test("closing does not wait for ever for an end that does not read", async () => {
  const { raw, transport, closed } = await link();
  raw.pause();
  transport.send("x".repeat(4_000_000));
  transport.close();
  expect(await closed).toBeNull();
});

test("destroying waits for nothing", async () => {
  const { raw, transport, closed } = await link();
  raw.pause();
  transport.send("x".repeat(4_000_000));
  transport.destroy();
  expect(await closed).toBeNull();
});

test("an end that dies in the middle of a stream is a closed connection, not an error of the process", async () => {
  const { raw, transport, closed } = await link();
  raw.pause();
  transport.send("x".repeat(4_000_000));
  await nextTurn();
  raw.destroy();
  expect(await closed).toBeInstanceOf(Error);
  transport.send("late");
  transport.close();
});
