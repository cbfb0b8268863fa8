import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { OrchastrationError } from "../../src/errors.ts";
import {
  ConnectionClosedError,
  createMemoryTransports,
  createPeer,
  type IncomingCall,
  MAX_MALFORMED_MESSAGES,
  neverChanging,
  type Peer,
  type PeerHandlers,
  type PeerOptions,
  type Transport,
} from "../../src/rpc/index.ts";

/** A client whose requests are answered by `handlers`. */
function connect(handlers: PeerHandlers = {}, options?: PeerOptions): Peer {
  const [near, far] = createMemoryTransports();
  createPeer(far, handlers, options);
  return createPeer(near);
}

/** The same peer, spoken to in texts. */
function connectRaw(handlers: PeerHandlers = {}): {
  transport: Transport;
  received: Record<string, unknown>[];
  isClosed: () => boolean;
} {
  const [near, far] = createMemoryTransports();
  const received: Record<string, unknown>[] = [];
  let closed = false;
  near.onMessage((text) => received.push(JSON.parse(text)));
  near.onClose(() => {
    closed = true;
  });
  createPeer(far, handlers);
  return { transport: near, received, isClosed: () => closed };
}

const request = (id: unknown, method: string, params: object = {}): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

describe("a request", () => {
  test("is answered with what the handler returns, at once or later", async () => {
    const peer = connect({ handle: (method, params) => (method === "now" ? { params } : nextTurn({ params })) });
    expect(await peer.request("now", { a: 1 })).toEqual({ params: { a: 1 } });
    expect(await peer.request("later", {})).toEqual({ params: {} });
  });

  test("finds its own answer when answers come in another order", async () => {
    const waiting: (() => void)[] = [];
    const peer = connect({
      handle: (_method, params) => new Promise((resolve) => waiting.push(() => resolve(params))),
    });
    const answers = [1, 2, 3].map((number) => peer.request("echo", { number }));
    await nextTurn();
    for (const answer of waiting.reverse()) answer();
    expect(await Promise.all(answers)).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }]);
  });

  test("for what never changes has it written as JSON once, and each answer its own id", async () => {
    let times = 0;
    const toJSON = () => ({ name: "ä", written: ++times });
    const result = neverChanging({ toJSON });
    const { transport, received } = connectRaw({
      handle: (method) => (method === "same" ? result : { toJSON }),
    });
    for (const [id, method] of [
      [1, "same"],
      ["two", "same"],
      [3, "other"],
      [4, "same"],
    ] as const)
      transport.send(request(id, method));
    await nextTurn();
    const answer = (id: number | string, written: number) => ({ jsonrpc: "2.0", id, result: { name: "ä", written } });
    expect(received).toEqual([answer(1, 1), answer("two", 1), answer(3, 2), answer(4, 1)]);
  });

  test("whose handler returns nothing is answered with null", async () => {
    const { transport, received } = connectRaw({ handle: () => undefined });
    transport.send(request(1, "nothing"));
    await nextTurn();
    expect(received).toEqual([{ jsonrpc: "2.0", id: 1, result: null }]);
  });

  test("whose id is 0 is answered under the id 0", async () => {
    const { transport, received } = connectRaw({ handle: () => ({ ok: true }) });
    transport.send(request(0, "ping"));
    await nextTurn();
    expect(received).toEqual([{ jsonrpc: "2.0", id: 0, result: { ok: true } }]);
  });

  test("whose id is still in use is refused, and the first one answered", async () => {
    const { transport, received } = connectRaw({ handle: (method) => nextTurn({ method }) });
    transport.send(request(7, "first"));
    transport.send(request(7, "second"));
    transport.send(request("7", "third"));
    await expect.poll(() => received.length).toBe(3);
    expect(received[0]).toMatchObject({ id: 7, error: { code: -32600 } });
    expect(received.slice(1)).toMatchObject([
      { id: 7, result: { method: "first" } },
      { id: "7", result: { method: "third" } },
    ]);
  });

  test("of any name reaches nothing when there is no handler", async () => {
    const peer = connect();
    await expect(peer.request("toString", {})).rejects.toMatchObject({ kind: "MethodNotFound" });
  });

  test("that is too long is not sent", async () => {
    const [near, far] = createMemoryTransports();
    const arrived: string[] = [];
    far.onMessage((text) => arrived.push(text));
    const peer = createPeer(near, {}, { outboundLimitBytes: 100 });
    await expect(peer.request("echo", { text: "x".repeat(100) })).rejects.toMatchObject({ kind: "LimitExceeded" });
    await expect(peer.request("echo", { text: "é".repeat(30) })).rejects.toMatchObject({ kind: "LimitExceeded" });
    expect(arrived).toEqual([]);
  });
});

describe("an error", () => {
  test("of the catalogue is thrown again where it was asked for", async () => {
    const thrown = new OrchastrationError("JobNotFound", "no job x", { hint: "try y", details: { nearest: ["y"] } });
    const peer = connect({
      handle() {
        throw thrown;
      },
    });
    const received = await peer.request("job.run", {}).catch((error: unknown) => error);
    expect(received).toBeInstanceOf(OrchastrationError);
    expect(received).toEqual(thrown);
  });

  test("of the operating system is told as it is", async () => {
    const incidents: unknown[] = [];
    const peer = connect({ handle: () => readFileSync("/nowhere/at/all"), onIncident: (id) => incidents.push(id) });
    await expect(peer.request("x", {})).rejects.toMatchObject({
      kind: "SystemFailed",
      message: "ENOENT: no such file or directory, open '/nowhere/at/all'",
    });
    expect(incidents).toEqual([]);
  });

  test("of any other kind is an incident: only its id is told", async () => {
    const secret = new Error("password=hunter2 at /home/ada/x.ts");
    for (const thrown of [secret, Object.assign(new TypeError("hunter2"), { code: 1, data: "hunter2" })]) {
      const incidents: unknown[][] = [];
      const { transport, received } = connectRaw({
        handle() {
          throw thrown;
        },
        onIncident: (...incident) => incidents.push(incident),
      });
      transport.send(request(1, "x"));
      await nextTurn();
      const [incident, error] = incidents[0] ?? [];
      expect(error).toBe(thrown);
      expect(received).toMatchObject([{ id: 1, error: { code: -32603, data: { kind: "InternalError", incident } } }]);
      expect(JSON.stringify(received)).not.toMatch(/hunter2|ada|stack/);
    }
  });

  test("in writing the result as JSON is an incident too", async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const result of [{ big: 1n }, cyclic]) {
      const incidents: unknown[] = [];
      const peer = connect({ handle: () => result, onIncident: (_id, error) => incidents.push(error) });
      await expect(peer.request("x", {})).rejects.toMatchObject({ kind: "InternalError" });
      expect(incidents).toHaveLength(1);
    }
  });

  test("whose details cannot be written as JSON is an incident as well, and ends nothing", async () => {
    const incidents: unknown[] = [];
    const peer = connect({
      handle(method) {
        if (method === "good") return {};
        throw new OrchastrationError("JobNotFound", "no job", { details: { big: 1n } });
      },
      onIncident: (_id, error) => incidents.push(error),
    });
    await expect(peer.request("bad", {})).rejects.toMatchObject({ kind: "InternalError" });
    expect(incidents).toMatchObject([{ name: "TypeError" }]);
    expect(await peer.request("good", {})).toEqual({});
  });

  test("is what an answer beyond the limit becomes, for that request only", async () => {
    const peer = connect({ handle: (_method, params) => params }, { outboundLimitBytes: 1_000 });
    await expect(peer.request("echo", { text: "x".repeat(1_000) })).rejects.toMatchObject({ kind: "LimitExceeded" });
    await expect(peer.request("echo", { text: "🦜".repeat(300) })).rejects.toMatchObject({ kind: "LimitExceeded" });
    expect(await peer.request("echo", { text: "x".repeat(900) })).toEqual({ text: "x".repeat(900) });
  });
});

describe("a message that is no request", () => {
  test("gets one error under the id null, also when it is a batch", async () => {
    const { transport, received } = connectRaw({ handle: () => ({}) });
    for (const text of ["nonsense", `[${request(1, "ping")},${request(2, "ping")}]`, "1"]) transport.send(text);
    transport.send(request(3, "ping"));
    await nextTurn();
    expect(received).toMatchObject([
      { id: null, error: { code: -32700 } },
      { id: null, error: { code: -32600 } },
      { id: null, error: { code: -32600 } },
      { id: 3, result: {} },
    ]);
  });

  test("is answered and survived nine times when it is no JSON; the tenth is the last", async () => {
    const { transport, received, isClosed } = connectRaw({ handle: () => ({}) });
    for (let count = 1; count < MAX_MALFORMED_MESSAGES; count++) transport.send("nonsense");
    transport.send(request(1, "ping"));
    await nextTurn();
    expect(received).toHaveLength(MAX_MALFORMED_MESSAGES);
    expect(isClosed()).toBe(false);
    transport.send("nonsense");
    transport.send(request(2, "ping"));
    await nextTurn();
    expect(received.slice(MAX_MALFORMED_MESSAGES)).toMatchObject([{ id: null, error: { code: -32700 } }]);
    expect(isClosed()).toBe(true);
  });

  test("is not answered when it is an answer to nothing: two peers never complain to each other for ever", async () => {
    const { transport, received } = connectRaw({ handle: () => ({}) });
    transport.send('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}');
    transport.send('{"jsonrpc":"2.0","id":99,"result":{}}');
    await nextTurn();
    expect(received).toEqual([]);
  });

  test("is not answered when it is a notification, whatever its name", async () => {
    const handled: string[] = [];
    const { transport, received } = connectRaw({ handle: (method) => handled.push(method) });
    transport.send('{"jsonrpc":"2.0","method":"ping"}');
    transport.send('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":17}}');
    transport.send('{"jsonrpc":"2.0","method":"$/cancelRequest","params":[1]}');
    await nextTurn();
    expect([received, handled]).toEqual([[], []]);
  });
});

describe("cancelling", () => {
  async function untilAborted(signal: AbortSignal): Promise<void> {
    await once(signal, "abort");
    signal.throwIfAborted();
  }

  test("aborts the handler's signal, and the request is answered as cancelled", async () => {
    const peer = connect({ handle: (_method, _params, { signal }) => untilAborted(signal) });
    const controller = new AbortController();
    const answer = peer.request("hash.compute", {}, { signal: controller.signal });
    controller.abort();
    await expect(answer).rejects.toMatchObject({ kind: "RequestCancelled", code: -32800 });
  });

  test("answers as cancelled when a function of the platform throws for the signal", async () => {
    const { setTimeout: sleep } = await import("node:timers/promises");
    const peer = connect({ handle: (_method, _params, { signal }) => sleep(3_600_000, {}, { signal }) });
    const controller = new AbortController();
    const answer = peer.request("hash.compute", {}, { signal: controller.signal });
    controller.abort();
    await expect(answer).rejects.toMatchObject({ kind: "RequestCancelled" });
  });

  test("leaves the answer to a handler that does not look", async () => {
    const { promise, resolve } = Promise.withResolvers<object>();
    const peer = connect({ handle: () => promise });
    const controller = new AbortController();
    const answer = peer.request("x", {}, { signal: controller.signal });
    controller.abort();
    await nextTurn();
    resolve({ done: true });
    expect(await answer).toEqual({ done: true });
  });

  test("is seen by a handler that looks at its signal only afterwards", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const peer = connect({
      async handle(_method, _params, call) {
        await promise;
        call.signal.throwIfAborted();
      },
    });
    const controller = new AbortController();
    const answer = peer.request("x", {}, { signal: controller.signal });
    controller.abort();
    await nextTurn();
    resolve();
    await expect(answer).rejects.toMatchObject({ kind: "RequestCancelled" });
  });

  test("before the request is sent sends nothing", async () => {
    const handled: string[] = [];
    const peer = connect({ handle: (method) => handled.push(method) });
    await expect(peer.request("x", {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: "RequestCancelled",
    });
    await nextTurn();
    expect(handled).toEqual([]);
  });
});

test("progress arrives in order, at the request it belongs to, and not once that is answered", async () => {
  const calls: IncomingCall[] = [];
  const handle: PeerHandlers["handle"] = (_method, params, call) => {
    calls.push(call);
    call.progress({ done: 1, params });
    call.progress({ done: 2, params });
    return {};
  };
  const { transport, received } = connectRaw({ handle });
  const peer = connect({ handle });
  const seen: unknown[] = [];
  await peer.request("a", { a: 1 }, { onProgress: (value) => seen.push(value) });
  await peer.request("b", {});
  transport.send(request("c", "c"));
  await nextTurn();
  for (const call of calls) call.progress({ done: 3 });
  await nextTurn();
  expect(seen).toEqual([
    { done: 1, params: { a: 1 } },
    { done: 2, params: { a: 1 } },
  ]);
  expect(received).toMatchObject([
    { method: "$/progress", params: { id: "c", progress: { done: 1 } } },
    { method: "$/progress", params: { id: "c", progress: { done: 2 } } },
    { id: "c", result: {} },
  ]);
});

test("a notification behind an answer is delivered after the code that awaits the answer has gone on", async () => {
  const [near, far] = createMemoryTransports();
  const order: unknown[] = [];
  far.onMessage(() => {
    // In one tick, as events that follow the answer in one chunk of bytes.
    far.send('{"jsonrpc":"2.0","id":0,"result":{"subscriptionId":"s1"}}');
    far.send('{"jsonrpc":"2.0","method":"event","params":{"seq":1}}');
    far.send('{"jsonrpc":"2.0","method":"event","params":{"seq":2}}');
  });
  const peer = createPeer(near, { onNotification: (_method, params) => order.push(params) });
  order.push(await peer.request("events.subscribe", {}));
  await nextTurn();
  expect(order).toEqual([{ subscriptionId: "s1" }, { seq: 1 }, { seq: 2 }]);
});

test("a notification handler that throws is an incident, and the next notification is delivered", async () => {
  const [near, far] = createMemoryTransports();
  const incidents: unknown[] = [];
  const seen: string[] = [];
  const peer = createPeer(near);
  createPeer(far, {
    onNotification(method) {
      seen.push(method);
      if (method === "bad") throw new Error("defect");
    },
    onIncident: (_id, error) => incidents.push(error),
  });
  peer.notify("bad", {});
  peer.notify("good", {});
  await nextTurn();
  expect(seen).toEqual(["bad", "good"]);
  expect(incidents).toMatchObject([{ message: "defect" }]);
});

describe("when the connection ends", () => {
  test("requests without an answer are rejected, answered ones are not, and new ones are refused", async () => {
    const [near, far] = createMemoryTransports();
    const answering = createPeer(far, { handle: (method) => (method === "fast" ? {} : new Promise(() => {})) });
    const peer = createPeer(near);
    const fast = peer.request("fast", {});
    const slow = peer.request("slow", {}).catch((error: unknown) => error);
    expect(await fast).toEqual({});
    answering.close();
    expect(await slow).toBeInstanceOf(ConnectionClosedError);
    expect(await slow).toMatchObject({ message: "The connection was closed before slow was answered" });
    expect(await peer.closed).toBeNull();
    await expect(peer.request("fast", {})).rejects.toBeInstanceOf(ConnectionClosedError);
  });

  test("the signals of its calls are aborted", async () => {
    const [near, far] = createMemoryTransports();
    const signals: AbortSignal[] = [];
    createPeer(far, {
      handle(_method, _params, { signal }) {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    const peer = createPeer(near);
    peer.request("slow", {}).catch(() => {});
    await nextTurn();
    peer.close();
    await peer.closed;
    await nextTurn();
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  });

  test("the error the other end sent without an id is the reason", async () => {
    const [near, far] = createMemoryTransports();
    const peer = createPeer(near);
    far.send(
      '{"jsonrpc":"2.0","id":null,"error":{"code":1005,"message":"10000 connections","data":{"kind":"LimitExceeded"}}}',
    );
    far.close();
    expect(await peer.closed).toMatchObject({ kind: "LimitExceeded" });
    await expect(peer.request("ping", {})).rejects.toThrow("closed before ping was answered: 10000 connections");
  });
});
