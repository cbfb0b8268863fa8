import { once } from "node:events";
import { OrchastrationError, PROTOCOL_VERSIONS, VERSION } from "@orchastration/protocol";
import { describe, expect, test } from "vitest";
import { INITIALIZE } from "./raw-client.ts";
import { startToyDaemon } from "./toy-daemon.ts";

const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

describe("framing", () => {
  test("a message is a line; CRLF and blank lines are fine, and characters may be cut anywhere", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connect();
    client.write('\r\n\n  \n{"jsonrpc":"2.0","id":1,"method":"ping"}\r\n\r\n');
    expect(await client.next()).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    const bytes = Buffer.from('{"jsonrpc":"2.0","id":"é🦜","method":"ping"}\n');
    for (const byte of bytes) client.write(Buffer.from([byte]));
    expect(await client.next()).toEqual({ jsonrpc: "2.0", id: "é🦜", result: {} });
  });

  test.each(["Content-Length", "content-length"])("a connection that begins with %s is answered so", async (header) => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connect();
    client.socket.removeAllListeners("data");
    const body = '{"jsonrpc":"2.0","id":"é","method":"ping"}';
    client.write(`\r\n${header}: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    const answer = '{"jsonrpc":"2.0","id":"é","result":{}}';
    const expected = `Content-Length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`;
    let received = "";
    client.socket.on("data", (chunk: string) => {
      received += chunk;
    });
    await expect.poll(() => received).toBe(expected);
  });
});

describe("initialize", () => {
  test("answers version, server, limits and the head of the log", async () => {
    await using daemon = await startToyDaemon();
    daemon.log.commit({}, {}, {});
    const client = await daemon.connect();
    expect(await client.initialize()).toEqual({
      jsonrpc: "2.0",
      id: "initialize",
      result: {
        protocolVersion: PROTOCOL_VERSIONS.max,
        serverInfo: { name: "orchastration", version: VERSION, pid: process.pid },
        capabilities: {},
        limits: {
          inboundMessageBytes: 1_048_576,
          outboundMessageBytes: 16_777_216,
          requestsInFlight: 1_000,
          subscriptions: 1_000,
        },
        headSeq: 3,
      },
    });
  });

  test("comes first: before it only ping and rpc.discover answer", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connect();
    expect(await client.call(1, "daemon.status")).toMatchObject({
      error: { code: 1001, data: { kind: "NotInitialized" } },
    });
    expect(await client.call(2, "events.subscribe")).toMatchObject({ error: { code: 1001 } });
    expect(await client.call(3, "ping")).toMatchObject({ result: {} });
    expect(await client.call(4, "rpc.discover")).toMatchObject({ result: { openrpc: expect.any(String) } });
    await client.initialize();
    expect(await client.call(5, "daemon.status")).toMatchObject({ result: { pid: expect.any(Number) } });
  });

  test("and what needs it may come in one write", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connect();
    client.send(1, "initialize", INITIALIZE);
    client.send(2, "daemon.status");
    expect([await client.next(), await client.next()]).toMatchObject([
      { id: 1, result: {} },
      { id: 2, result: {} },
    ]);
  });

  test("twice is an invalid request", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connectInitialized();
    expect(await client.initialize()).toMatchObject({ error: { code: -32600 } });
  });

  test("without a common version names both and says what to do; the connection may try again", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connect();
    const clientInfo = { name: "editor", version: "9.1" };
    const { error } = await client.call(1, "initialize", { protocolVersion: { min: 2, max: 3 }, clientInfo });
    expect(error).toMatchObject({
      code: 1002,
      message: `The daemon (orchastration ${VERSION}) speaks protocol version 1, and editor 9.1 speaks versions 2 to 3.`,
      data: { kind: "ProtocolVersionUnsupported", daemon: { min: 1, max: 1 }, client: { min: 2, max: 3 } },
    });
    expect(JSON.stringify(error)).toContain("orchastration daemon restart");
    expect(await client.initialize()).toMatchObject({ result: { protocolVersion: 1 } });
  });

  test("makes the client a person of the user's name, or the editor or agent it says it is", async () => {
    const actors: unknown[] = [];
    await using daemon = await startToyDaemon({
      "daemon.stop": (_params, { connection }) => {
        actors.push(connection.actor);
        return { liveSessions: 0 };
      },
    });
    for (const actor of [undefined, "agent", "editor"]) {
      const client = await daemon.connect();
      await client.call(1, "initialize", { ...INITIALIZE, clientInfo: { name: "x", version: "1", actor } });
      await client.call(2, "daemon.stop");
    }
    expect(actors).toEqual(["person", "agent", "editor"].map((kind) => ({ kind, name: "ada" })));
  });
});

describe("a request", () => {
  test("of id 0 is answered under the id 0", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connect();
    expect(await client.call(0, "ping")).toEqual({ jsonrpc: "2.0", id: 0, result: {} });
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "", "job.runn"])(
    "for the method %j finds no method",
    async (method) => {
      await using daemon = await startToyDaemon();
      const client = await daemon.connectInitialized();
      expect(await client.call(1, method, {})).toMatchObject({
        id: 1,
        error: { code: -32601, data: { kind: "MethodNotFound", retryable: false, hint: expect.any(String) } },
      });
    },
  );

  test("whose parameters do not fit says where and why, and does not repeat them", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connectInitialized();
    const params = {
      context: { cwd: "/", configFile: null },
      environment: { A: 7, SECRET: ["hunter2"] },
      target: { argv: [] },
    };
    const { error } = await client.call(1, "job.run", params);
    expect(error).toMatchObject({
      code: -32602,
      message:
        "The parameters of job.run do not match its schema: environment.A: Invalid input: expected string, received number",
      data: {
        issues: expect.arrayContaining([
          { path: "environment.A", message: "Invalid input: expected string, received number" },
          { path: "environment.SECRET", message: "Invalid input: expected string, received array" },
          { path: "target.argv[0]", message: "Invalid input: expected string, received undefined" },
        ]),
      },
    });
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });

  test("whose parameters are given by position is told to name them", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connectInitialized();
    expect(await client.call(1, "ping", [])).toMatchObject({
      error: {
        code: -32602,
        data: { issues: [{ path: "", message: "Invalid input: expected object, received array" }] },
      },
    });
  });

  test("with a mistake in each of 10,000 places gets an answer of a bounded size", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connectInitialized();
    const { error } = await client.call(1, "hash.compute", { files: Array(10_000).fill(1), algorithm: "sha256" });
    expect(error).toMatchObject({ code: -32602 });
    expect(JSON.stringify(error).length).toBeLessThan(4_000);
  });

  test("with 100,000 nested brackets in any place is answered or refused like any other", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connect();
    const version = JSON.stringify(INITIALIZE.protocolVersion);
    const info = JSON.stringify(INITIALIZE.clientInfo);
    const call = (id: number, method: string, params: string) => {
      client.write(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}\n`);
      return client.next();
    };
    client.write(`${nested}\n`);
    expect(await client.next()).toMatchObject({ id: null, error: { code: -32600 } });
    expect(await call(1, "initialize", nested)).toMatchObject({ id: 1, error: { code: -32602 } });
    const deepCapabilities = `{"protocolVersion":${version},"clientInfo":${info},"capabilities":{"x":${nested}}}`;
    expect(await call(2, "initialize", deepCapabilities)).toMatchObject({ id: 2, result: { protocolVersion: 1 } });
    expect(await call(3, "hash.compute", `{"files":${nested}}`)).toMatchObject({ id: 3, error: { code: -32602 } });
    expect(await call(4, "job.run", `{"target":{"argv":${nested}}}`)).toMatchObject({ id: 4, error: { code: -32602 } });
    client.write(`{"jsonrpc":"2.0","id":${nested},"method":"ping"}\n`);
    expect(await client.next()).toMatchObject({ id: null, error: { code: -32600 } });
    client.write(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":${nested}}}\n`);
    expect(await client.call(5, "ping")).toMatchObject({ id: 5, result: {} });
    expect(daemon.incidents).toEqual([]);
  });
});

describe("a message that is no request", () => {
  test("is answered once with -32600 and the id null when it is a batch, however long", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connect();
    const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    for (const batch of ["[]", "[1,2,3]", `[${ping},${ping}]`]) {
      client.write(`${batch}\n`);
      expect(await client.next()).toMatchObject({
        id: null,
        error: { code: -32600, data: { kind: "InvalidRequest" } },
      });
    }
    expect(await client.call(3, "ping")).toMatchObject({ id: 3 });
  });

  test("is answered with -32700 and the id null when it is no JSON, and the tenth of them ends the connection", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connect();
    const notUtf8 = Buffer.from([0x22, 0xff, 0x22]);
    const malformed = ['{"jsonrpc":', "hello", '{"a":1}}', "'", notUtf8, "[", "nul", '"', "{1}"];
    for (const [index, bytes] of malformed.entries()) {
      client.write(Buffer.concat([Buffer.from(bytes), Buffer.from("\n")]));
      expect(await client.next()).toMatchObject({ id: null, error: { code: -32700, data: { kind: "ParseError" } } });
      expect(await client.call(index, "ping")).toMatchObject({ id: index, result: {} });
    }
    client.write('the tenth\n{"jsonrpc":"2.0","id":"late","method":"ping"}\n');
    expect(await client.rest()).toMatchObject([{ id: null, error: { code: -32700 } }]);
  });

  test("is not answered when it is a notification, of whatever name", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connectInitialized();
    for (const method of ["initialized", "exit", "daemon.stop", "$/setTrace", "__proto__"]) client.notify(method, {});
    expect(await client.call(1, "ping")).toMatchObject({ id: 1 });
  });
});

describe("an error", () => {
  test("of ours has a positive code, its kind, a hint, and whether to try again", async () => {
    await using daemon = await startToyDaemon({
      "job.list": () => {
        throw new OrchastrationError("StateUnavailable", "The disk is full.", { details: { path: "/state" } });
      },
    });
    const client = await daemon.connectInitialized();
    expect(await client.call(1, "job.list", { context: { cwd: "/", configFile: null } })).toEqual({
      jsonrpc: "2.0",
      id: 1,
      error: {
        code: 1301,
        message: "The disk is full.",
        data: { kind: "StateUnavailable", hint: expect.stringContaining("Make room"), retryable: true, path: "/state" },
      },
    });
  });

  test("that is a defect tells its incident and nothing else", async () => {
    const defect = new Error("SELECT * FROM secrets; hunter2");
    await using daemon = await startToyDaemon({ "daemon.status": () => Promise.reject(defect) });
    const client = await daemon.connectInitialized();
    const { error } = await client.call(1, "daemon.status");
    expect(error).toMatchObject({ code: -32603, data: { kind: "InternalError", incident: expect.any(String) } });
    expect(JSON.stringify(error)).not.toMatch(/SELECT|hunter2|\.ts/);
    expect(daemon.incidents).toEqual([defect]);
  });

  test("comes of a result that breaks the contract, when results are validated", async () => {
    const broken = () => ({ liveSessions: -1 });
    await using daemon = await startToyDaemon({ "daemon.stop": broken });
    const client = await daemon.connectInitialized();
    expect(await client.call(1, "daemon.stop")).toMatchObject({ error: { code: -32603 } });
    expect(String(daemon.incidents[0])).toContain("The result of daemon.stop breaks the contract");
    await using lenient = await startToyDaemon({ "daemon.stop": broken }, { validateResults: false });
    const other = await lenient.connectInitialized();
    expect(await other.call(1, "daemon.stop")).toMatchObject({ result: { liveSessions: -1 } });
  });
});

describe("a request that stays open", () => {
  const params = { files: ["/a"], algorithm: "sha256", wantsProgress: true };

  test("reports progress, and is answered as cancelled when it is cancelled", async () => {
    await using daemon = await startToyDaemon({
      "hash.compute": async (_params, { signal, progress }) => {
        progress({ filesDone: 0 });
        await once(signal, "abort");
        signal.throwIfAborted();
        return { outcomes: [] };
      },
    });
    const client = await daemon.connectInitialized();
    expect(await client.call(0, "hash.compute", params)).toEqual({
      jsonrpc: "2.0",
      method: "$/progress",
      params: { id: 0, progress: { filesDone: 0 } },
    });
    expect(await client.call(1, "ping")).toMatchObject({ id: 1, result: {} });
    client.notify("$/cancelRequest", { id: 0 });
    expect(await client.next()).toMatchObject({ id: 0, error: { code: -32800, data: { kind: "RequestCancelled" } } });
  });

  test("is answered with its result when that was there first, and cancelling it then does nothing", async () => {
    await using daemon = await startToyDaemon();
    const client = await daemon.connectInitialized();
    expect(await client.call(1, "hash.compute", params)).toMatchObject({ id: 1, result: {} });
    client.notify("$/cancelRequest", { id: 1 });
    client.notify("$/cancelRequest", { id: "never" });
    expect(await client.call(2, "ping")).toMatchObject({ id: 2, result: {} });
  });

  test("is aborted when its connection ends", async () => {
    const aborted = Promise.withResolvers<unknown>();
    await using daemon = await startToyDaemon({
      "hash.compute": (_params, { signal, progress }) => {
        signal.addEventListener("abort", () => aborted.resolve(signal.reason));
        progress({});
        return new Promise(() => {});
      },
    });
    const client = await daemon.connectInitialized();
    await client.call(1, "hash.compute", params);
    client.socket.destroy();
    expect(await aborted.promise).toMatchObject({ kind: "RequestCancelled" });
  });
});
