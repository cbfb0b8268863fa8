import { readdirSync } from "node:fs";
import { join } from "node:path";
import { OrchastrationError } from "@orchastration/protocol";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { startToyDaemon } from "../../../test/support/toy-daemon.ts";
import { ConnectionClosedError, connect, DaemonUnreachableError } from "../src/index.ts";

const clientInfo = { name: "test", version: "1" };

describe("connecting", () => {
  test("finds the daemon by the record in its state directory, and knows what answered", async () => {
    const stateDir = temporaryDirectory();
    await using _ = await startToyDaemon({ stateDir });
    const client = await connect({ stateDir, clientInfo });
    expect(client.server.serverInfo).toMatchObject({ name: "toy", pid: process.pid });
    client.close();
  });

  test("without a record says that no daemon runs, and what to do", async () => {
    const error = await connect({ stateDir: temporaryDirectory(), clientInfo }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DaemonUnreachableError);
    expect(error).toMatchObject({ exitCode: 69, hint: expect.stringContaining("daemon start") });
  });

  test("to a dead daemon's record fails in the same way", async () => {
    const stateDir = temporaryDirectory();
    await using daemon = await startToyDaemon({ stateDir });
    await daemon.die();
    await expect(connect({ stateDir, clientInfo })).rejects.toBeInstanceOf(DaemonUnreachableError);
  });

  test("to a named socket reads no record", async () => {
    await using daemon = await startToyDaemon({ stateDir: temporaryDirectory() });
    const client = await connect({ stateDir: temporaryDirectory(), socket: daemon.socket, clientInfo });
    expect(client.server.serverInfo.name).toBe("toy");
    client.close();
  });

  test("to a daemon of another protocol names both versions and the way out", async () => {
    const stateDir = temporaryDirectory();
    await using _ = await startToyDaemon({ stateDir, serverVersion: "9.9.9", protocolVersions: { min: 7, max: 8 } });
    await expect(connect({ stateDir, clientInfo })).rejects.toMatchObject({
      kind: "ProtocolVersionUnsupported",
      message: expect.stringMatching(/0\.1\.0 \(protocol 1\).*9\.9\.9 \(protocol 7 to 8\)/),
      hint: expect.stringContaining("orchastration daemon restart"),
    });
  });

  test("to a daemon that refuses the protocol passes its words on", async () => {
    const stateDir = temporaryDirectory();
    await using daemon = await startToyDaemon({
      stateDir,
      handlers: {
        initialize: () => {
          throw new OrchastrationError("ProtocolVersionUnsupported", "You speak 1, I speak 2.");
        },
      },
    });
    await expect(connect({ stateDir, clientInfo })).rejects.toThrow("You speak 1, I speak 2.");
    await expect.poll(() => daemon.connectionCount).toBe(0);
  });

  test("finds the daemon that a service manager starts when somebody connects", async () => {
    await using daemon = await startToyDaemon({ stateDir: temporaryDirectory() });
    const launch = { program: "/does/not/exist", args: [], env: {}, logFile: "/does/not/exist" };
    const activationSocket = () => daemon.socket;
    const client = await connect({ stateDir: temporaryDirectory(), clientInfo, launch, activationSocket });
    expect(client.server.serverInfo.name).toBe("toy");
    client.close();
  });
});

test("launching a program that is not there makes nothing beside it", async () => {
  const folder = temporaryDirectory();
  const program = join(folder, "missing", "main.js");
  const launch = { program, args: [], env: {}, logFile: join(folder, "log") };
  await expect(connect({ stateDir: temporaryDirectory(), clientInfo, launch, deadlineMs: 5_000 })).rejects.toThrow(
    DaemonUnreachableError,
  );
  expect(readdirSync(folder)).toEqual([]);
});

describe("a call", () => {
  test("answers the result, or throws what the daemon threw", async () => {
    const stateDir = temporaryDirectory();
    await using _ = await startToyDaemon({
      stateDir,
      handlers: {
        "job.list": () => ({ jobs: [] }),
        "run.get": () => {
          throw new OrchastrationError("RunNotFound", "no run 7k3m", { hint: "look", details: { nearest: ["7k3n"] } });
        },
      },
    });
    const client = await connect({ stateDir, clientInfo });
    const context = { cwd: "/", configFile: null };
    expect(await client.call("job.list", { context })).toEqual({ jobs: [] });
    await expect(client.call("run.get", { context, run: "7k3m" })).rejects.toMatchObject({
      kind: "RunNotFound",
      message: "no run 7k3m",
      hint: "look",
      details: { nearest: ["7k3n"] },
    });
    client.close();
  });

  test("reports progress, and ends with the daemon's answer when it is cancelled", async () => {
    const stateDir = temporaryDirectory();
    await using _ = await startToyDaemon({
      stateDir,
      handlers: {
        "hash.compute": (_params, { signal, progress }) => {
          progress({ filesDone: 1 });
          return new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(new OrchastrationError("RequestCancelled", "given up")));
          });
        },
      },
    });
    const client = await connect({ stateDir, clientInfo });
    const abort = new AbortController();
    const call = client.call(
      "hash.compute",
      { files: ["/a"], algorithm: "sha256" },
      {
        signal: abort.signal,
        onProgress({ filesDone }) {
          expect(filesDone).toBe(1);
          abort.abort();
        },
      },
    );
    await expect(call).rejects.toMatchObject({ kind: "RequestCancelled", message: "given up" });
    client.close();
  });

  test("in flight when the connection breaks is told so", async () => {
    const stateDir = temporaryDirectory();
    await using daemon = await startToyDaemon({
      stateDir,
      handlers: {
        ping: () => {
          daemon.dropConnections();
          return {};
        },
      },
    });
    const client = await connect({ stateDir, clientInfo });
    await expect(client.call("ping", {})).rejects.toBeInstanceOf(ConnectionClosedError);
    await client.closed;
  });
});
