import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { holdUpLoop } from "../../../../test/support/hold-up-loop.ts";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { systemClock } from "../../src/clock.ts";
import { awaitLastOutput } from "../../src/terminal/last-output.ts";
import { createFakeClock } from "../support/fake-clock.ts";

const never = new Promise<void>(() => {});

/** Whether the promise has resolved by now. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return done;
}

test("the end of the terminal is the end of its output, and nothing stays waiting", async () => {
  const clock = createFakeClock();
  await awaitLastOutput(clock, Promise.resolve(), () => false).complete;
  expect(clock.pending).toBe(0);
});

test("a terminal that others keep open is waited for until it is silent, from its last output on", async () => {
  const clock = createFakeClock();
  const { saw, complete } = awaitLastOutput(clock, never, () => false);
  for (let round = 0; round < 5; round++) {
    clock.advance(199);
    expect(await isDone(complete)).toBe(false);
    saw(10);
  }
  clock.advance(200);
  expect(await isDone(complete)).toBe(true);
});

test("what came while the loop was held up is read before its silence counts", async () => {
  const [reader, writer] = await connectedSockets();
  const { saw, complete } = awaitLastOutput(systemClock, never, () => false);
  let received = "";
  reader.on("data", (bytes: Buffer) => {
    received += bytes.toString();
    saw(bytes.length);
  });
  await new Promise((resolve) => setImmediate(resolve));
  writer.write("the tail");
  holdUpLoop(300);
  await complete;
  expect(received).toBe("the tail");
  reader.destroy();
  writer.destroy();
});

async function connectedSockets(): Promise<readonly [Socket, Socket]> {
  const path = join(temporaryDirectory(), "socket");
  const server = createServer().listen(path);
  await once(server, "listening");
  const accepted = once(server, "connection");
  const writer = connect(path);
  await once(writer, "connect");
  const [reader] = (await accepted) as [Socket];
  server.close();
  return [reader, writer];
}

test("silence means nothing while nothing is read", async () => {
  const clock = createFakeClock();
  let isPaused = true;
  const { complete } = awaitLastOutput(clock, never, () => isPaused);
  clock.advance(60_000);
  expect(await isDone(complete)).toBe(false);
  isPaused = false;
  clock.advance(200);
  expect(await isDone(complete)).toBe(true);
});

test("those left behind who never fall silent are not waited for", async () => {
  const { saw, complete } = awaitLastOutput(createFakeClock(), never, () => false);
  saw(1024 * 1024);
  expect(await isDone(complete)).toBe(false);
  saw(1);
  expect(await isDone(complete)).toBe(true);
});
