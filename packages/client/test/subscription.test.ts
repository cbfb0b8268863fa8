import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { startToyDaemon, type ToyDaemon } from "../../../test/support/toy-daemon.ts";
import { ConnectionClosedError, connect } from "../src/index.ts";

async function subscribed(daemon: ToyDaemon, stateDir: string, since?: number) {
  const client = await connect({ stateDir, clientInfo: { name: "test", version: "1" } });
  const seen: number[] = [];
  const filter = { entities: ["run:a"] };
  const subscription = await client.subscribe({ filter, ...(since === undefined ? {} : { since }) }, ({ seq }) =>
    seen.push(seq),
  );
  return { client, seen, subscription, daemon };
}

test("a subscription delivers what is committed from now on, and only what it asked for", async () => {
  const stateDir = temporaryDirectory();
  await using daemon = await startToyDaemon({ stateDir });
  daemon.commit("run.queued", "run:a");
  const { client, seen, subscription } = await subscribed(daemon, stateDir);
  daemon.commit("run.queued", "run:b");
  daemon.commit("run.launched", "run:a");
  await expect.poll(() => seen).toEqual([3]);
  expect(subscription.lastSeq).toBe(3);
  client.close();
});

test("with since it begins in the log", async () => {
  const stateDir = temporaryDirectory();
  await using daemon = await startToyDaemon({ stateDir });
  for (let n = 0; n < 4; n++) daemon.commit("run.queued", "run:a");
  const { client, seen } = await subscribed(daemon, stateDir, 2);
  daemon.commit("run.launched", "run:a");
  await expect.poll(() => seen).toEqual([3, 4, 5]);
  client.close();
});

test("events lost to a slow reader are read from the log, each once and in order", async () => {
  const stateDir = temporaryDirectory();
  await using daemon = await startToyDaemon({ stateDir });
  const { client, seen } = await subscribed(daemon, stateDir);
  daemon.commit("run.queued", "run:a");
  daemon.commitUnseen("run.prepared", "run:a");
  daemon.commit("run.launched", "run:a");
  await expect.poll(() => seen.length).toBeGreaterThanOrEqual(3);
  daemon.commit("run.succeeded", "run:a");
  await expect.poll(() => seen).toEqual([1, 2, 3, 4]);
  client.close();
});

test("after unsubscribe nothing is delivered, and it ends without an error", async () => {
  const stateDir = temporaryDirectory();
  await using daemon = await startToyDaemon({ stateDir });
  const { client, seen, subscription } = await subscribed(daemon, stateDir);
  await subscription.unsubscribe();
  daemon.commit("run.queued", "run:a");
  await client.call("events.unsubscribe", { subscriptionId: "none" });
  await subscription.ended;
  expect(seen).toEqual([]);
  client.close();
});

test("it ends with an error when the connection breaks, or when the missed events cannot be had", async () => {
  const stateDir = temporaryDirectory();
  await using daemon = await startToyDaemon({ stateDir });
  const broken = await subscribed(daemon, stateDir);
  daemon.dropConnections();
  await expect(broken.subscription.ended).rejects.toBeInstanceOf(ConnectionClosedError);
  await expect(subscribed(daemon, stateDir, 99)).rejects.toMatchObject({ kind: "InvalidSeq" });
});
