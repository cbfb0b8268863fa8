import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { createHome, type Home } from "../support/home.ts";
import { INITIALIZE } from "../support/raw-connection.ts";

/** What an editor's extension has: the library as it comes, its own framing, its own cancellation. */

interface Event {
  readonly subscriptionId: string;
  readonly seq: number;
  readonly name: string;
  readonly entity: string;
}

interface Run {
  readonly id: string;
  readonly state: { readonly status: string };
  readonly output: { readonly stdoutPath: string };
}

let home: Home;
let path: string;
let connection: MessageConnection;

beforeAll(async () => {
  home = createHome();
  home.writeConfig('[jobs.greet]\ncommand = ["echo", "hello editor 🎼"]\n');
  await home.cli(["daemon", "start"]);
  path = String((await home.json(["daemon", "status"])).socket);
});
beforeEach(async () => {
  const socket = connect(path);
  await once(socket, "connect");
  connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  connection.onDispose(() => socket.destroy());
  connection.listen();
  await connection.sendRequest("initialize", INITIALIZE);
});
afterEach(() => connection.dispose());
afterAll(() => home[Symbol.asyncDispose]());

const context = () => ({ cwd: home.cwd, configFile: null });

describe("a stock client", () => {
  test("runs a job and follows its events to the end", async () => {
    const seen: Event[] = [];
    const ended = Promise.withResolvers<void>();
    connection.onNotification("event", (event: Event) => {
      seen.push(event);
      if (event.name === "run.succeeded") ended.resolve();
    });
    const subscription = await connection.sendRequest<{ subscriptionId: string; headSeq: number }>("events.subscribe", {
      filter: { names: ["run.*"] },
    });
    const { run } = await connection.sendRequest<{ run: Run }>("job.run", {
      context: context(),
      environment: home.env,
      target: { job: "greet" },
    });
    await ended.promise;

    expect(seen.map(({ name }) => name)).toEqual(["run.queued", "run.prepared", "run.launched", "run.succeeded"]);
    expect(new Set(seen.map(({ subscriptionId }) => subscriptionId))).toEqual(new Set([subscription.subscriptionId]));
    expect(new Set(seen.map(({ entity }) => entity))).toEqual(new Set([`run:${run.id}`]));
    const got = await connection.sendRequest<{ run: Run }>("run.get", { context: context(), run: run.id });
    expect(got.run.state).toMatchObject({ status: "succeeded", exit: { code: 0 } });
    expect(readFileSync(got.run.output.stdoutPath, "utf8")).toBe("hello editor 🎼\n");
  });

  test("cancels a hash with its own token, and goes on", async () => {
    const file = join(home.dir, "endless");
    writeFileSync(file, "");
    truncateSync(file, 2 ** 40);
    const progressed = Promise.withResolvers<unknown>();
    connection.onUnhandledProgress(progressed.resolve);
    const source = new CancellationTokenSource();
    const params = { files: [file], algorithm: "sha256", wantsProgress: true };
    const hashing = connection.sendRequest("hash.compute", params, source.token);
    const refused = expect(hashing).rejects.toMatchObject({ code: -32800, data: { kind: "RequestCancelled" } });
    await progressed.promise;
    source.cancel();
    await refused;
    const sums = execFileSync("sha256sum", ["/etc/passwd"]).toString();
    expect(await connection.sendRequest("hash.compute", { files: ["/etc/passwd"], algorithm: "sha256" })).toMatchObject(
      { outcomes: [{ hash: sums.split(" ")[0] }] },
    );
  });

  test("hears what is wrong with a request, and what to do", async () => {
    await expect(connection.sendRequest("run.get", { context: context(), run: "nothing" })).rejects.toMatchObject({
      message: expect.stringContaining("nothing"),
      data: { kind: "RunNotFound", hint: expect.any(String), retryable: false },
    });
  });
});
